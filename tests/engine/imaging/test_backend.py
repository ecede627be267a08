import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from app.domain.errors import Cancelled, ImageError
from app.domain.generation import FinishReason
from app.engine.imaging.backend import ImagingBackend
from app.engine.process.messages import Event, ImageProbed, ProbeImage, ReadText


def go_on() -> None:
    """Never cancelled."""


def stop() -> None:
    raise Cancelled


def test_probing_tells_the_facts_the_digest_and_a_clean_thumbnail(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F] = "A camera with a name"
    Image.new("RGB", (800, 600), (10, 200, 10)).save(path, exif=exif)
    events: list[Event] = []

    reason = ImagingBackend().handle(ProbeImage(5, str(path), 64), events.append, go_on)

    (event,) = events
    assert isinstance(event, ImageProbed)
    assert reason is FinishReason.COMPLETE
    assert (event.request_id, event.media_type, event.width, event.height) == (5, "image/jpeg", 800, 600)
    assert event.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    thumbnail = Image.open(io.BytesIO(event.thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("PNG", (64, 48))
    assert b"camera" not in event.thumbnail


def test_probing_can_be_stopped(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")

    with pytest.raises(Cancelled):
        ImagingBackend().handle(ProbeImage(1, str(tmp_path / "a.png"), 64), lambda _: None, stop)


def test_probing_refuses_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not an image")

    with pytest.raises(ImageError):
        ImagingBackend().handle(ProbeImage(1, str(tmp_path / "a.png"), 64), lambda _: None, go_on)


def test_other_requests_are_a_bug() -> None:
    with pytest.raises(TypeError):
        ImagingBackend().handle(ReadText(1, "a.png"), lambda _: None, go_on)
