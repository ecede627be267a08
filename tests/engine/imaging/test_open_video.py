"""Films: what is in them, and that nothing else is opened."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app.domain.errors import Cancelled, ImageError
from app.domain.ports import NEVER_CANCELLED
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.imaging.contact_sheet import ACROSS, GAP, contact_sheet
from app.engine.imaging.open_video import is_video, sample_frames, video_facts
from app.engine.process.messages import Event, ImageProbed, ProbeImage
from tests.support.videos import RATE, SIZE, make_video


def numbers(frames: list[tuple[float, Image.Image]]) -> list[int]:
    """Which frames of the video these are, by their red."""
    return [round(frame.resize((1, 1)).getpixel((0, 0))[0] / 8) for _, frame in frames]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "mpeg4"), ("a.mov", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mpeg4")]
)
def test_frames_are_taken_evenly_from_the_first_to_the_last(tmp_path: Path, name: str, codec: str) -> None:
    video = make_video(tmp_path / name, codec=codec)
    assert is_video(video)
    facts = video_facts(video)
    assert (facts.width, facts.height) == SIZE
    assert facts.seconds == pytest.approx(3.0, abs=0.15)
    frames = sample_frames(video, 4, NEVER_CANCELLED)
    expected = [0, 10, 19, 29]
    assert all(abs(seen - wanted) <= 1 for seen, wanted in zip(numbers(frames), expected, strict=True))
    assert [time for time, _ in frames] == [wanted / RATE for wanted in expected]


def test_what_lies_far_ahead_is_jumped_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = make_video(tmp_path / "a.mp4")
    plain = numbers(sample_frames(video, 5, NEVER_CANCELLED))
    monkeypatch.setattr("app.engine.imaging.open_video.SEEK_SECONDS", 0.1)
    assert numbers(sample_frames(video, 5, NEVER_CANCELLED)) == plain


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.webm", "libvpx")])
@pytest.mark.parametrize("seek_seconds", [0.1, 4.0])
def test_a_frame_that_is_displayed_for_long_is_taken_for_that_time(
    tmp_path: Path, name: str, codec: str, seek_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording of a screen: 10 frames in the first second, and one after 29 seconds."""
    monkeypatch.setattr("app.engine.imaging.open_video.SEEK_SECONDS", seek_seconds)
    frames = sample_frames(make_video(tmp_path / name, 11, codec, at={10: 300}), 11, NEVER_CANCELLED)
    seen = numbers(frames)
    assert seen[0] <= 1
    assert all(abs(number - 9) <= 1 for number in seen[1:-1])
    times = [time for time, _ in frames]
    assert times == pytest.approx(np.linspace(0, times[-1], 11), abs=0.1)
    assert times[-1] > 25


def test_a_video_with_few_frames_gives_all_of_them(tmp_path: Path) -> None:
    frames = sample_frames(make_video(tmp_path / "a.mp4", frames=2), 4, NEVER_CANCELLED)
    assert numbers(frames) == [0, 1]


def test_taking_frames_can_be_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        sample_frames(make_video(tmp_path / "a.mp4"), 4, stop)


@pytest.mark.parametrize("cut", [40, 400, 2000])
def test_a_video_that_was_cut_off_is_refused_or_shown_as_far_as_it_goes(tmp_path: Path, cut: int) -> None:
    video = make_video(tmp_path / "a.webm", codec="libvpx")
    video.write_bytes(video.read_bytes()[:cut])
    refused = ""
    try:
        frames = sample_frames(video, 4, NEVER_CANCELLED)
    except ImageError as error:
        refused = error.problem.what
    assert "damaged" in refused or 1 <= len(frames) <= 4


def test_a_play_list_that_names_other_files_is_not_followed(tmp_path: Path) -> None:
    private = make_video(tmp_path / "private.mp4")
    listing = f"ffconcat version 1.0\nfile {private}\n".encode()
    for head in (b"", b"\0\0\0\x18ftypisom", b"\x1a\x45\xdf\xa3", b"RIFF0000AVI "):
        path = tmp_path / "list.mp4"
        path.write_bytes(head + listing)
        with pytest.raises(ImageError):
            video_facts(path)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as video:
        stream = video.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 44100
        for packet in (*stream.encode(silence), *stream.encode()):
            video.mux(packet)
    with pytest.raises(ImageError, match="without pictures"):
        video_facts(tmp_path / "a.mp4")


def test_a_long_video_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.imaging.open_video.MAX_SECONDS", 2)
    with pytest.raises(ImageError, match="too long for the model"):
        video_facts(make_video(tmp_path / "a.mp4"))


def probe(path: Path, size: int) -> tuple[ImageProbed, Image.Image]:
    events: list[Event] = []
    ImagingBackend().handle(ProbeImage(str(path), size), events.append, NEVER_CANCELLED)
    (event,) = events
    assert isinstance(event, ImageProbed)
    return event, Image.open(io.BytesIO(event.thumbnail))


def test_a_thumbnail_is_a_frame_and_a_preview_is_a_sheet(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4")
    event, small = probe(video, 100)
    assert (event.media_type, event.width, event.height) == ("video/mp4", *SIZE)
    assert event.seconds == pytest.approx(3.0, abs=0.15)
    assert small.size == (100, 75)
    _, large = probe(video, 1600)
    assert large.size == (ACROSS * (SIZE[0] + GAP) - GAP, 2 * (SIZE[1] + GAP) - GAP)


def test_a_sheet_fits() -> None:
    frames = [(float(number), Image.new("RGB", (1920, 1080))) for number in range(5)]
    assert max(contact_sheet(frames, 1000).size) <= 1000


def test_a_video_in_a_codec_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mkv")
    video.write_bytes(video.read_bytes().replace(b"V_MPEG4", b"V_ZZZZZ"))
    with pytest.raises(ImageError, match="in a format that cannot be opened"):
        video_facts(video)
