import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image, ImageColor, features

from app.domain.errors import Cancelled, ImageError
from app.domain.ids import Digest
from app.domain.images.attachments import ImageCrop
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import NEVER_CANCELLED
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.process.messages import CropImage, Event, ImageProbed, ProbeImage, ReadText


def stop() -> None:
    raise Cancelled


def test_probing_tells_the_facts_the_digest_and_a_clean_thumbnail(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F] = "A camera with a name"
    Image.new("RGB", (800, 600), (10, 200, 10)).save(path, exif=exif)
    events: list[Event] = []

    reason = ImagingBackend().handle(ProbeImage(str(path), 64), events.append, NEVER_CANCELLED)

    (event,) = events
    assert isinstance(event, ImageProbed)
    assert reason is FinishReason.COMPLETE
    assert (event.media_type, event.width, event.height) == ("image/jpeg", 800, 600)
    assert event.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    thumbnail = Image.open(io.BytesIO(event.thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("PNG", (64, 48))
    assert b"camera" not in event.thumbnail


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow opens no AVIF")
def test_an_avif_photo_is_no_video(tmp_path: Path) -> None:
    """Its container is that of MP4. It was opened by FFmpeg as a video of no length."""
    Image.new("RGB", (80, 60), (10, 200, 10)).save(tmp_path / "photo.avif")
    events: list[Event] = []
    ImagingBackend().handle(ProbeImage(str(tmp_path / "photo.avif"), 64), events.append, NEVER_CANCELLED)
    (event,) = events
    assert isinstance(event, ImageProbed)
    assert (event.media_type, event.width, event.height, event.seconds) == ("image/avif", 80, 60, 0.0)


def test_probing_can_be_stopped(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")

    with pytest.raises(Cancelled):
        ImagingBackend().handle(ProbeImage(str(tmp_path / "a.png"), 64), lambda _: None, stop)


def test_probing_refuses_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not an image")

    with pytest.raises(ImageError):
        ImagingBackend().handle(ProbeImage(str(tmp_path / "a.png"), 64), lambda _: None, NEVER_CANCELLED)


def test_other_requests_are_a_bug() -> None:
    with pytest.raises(TypeError):
        ImagingBackend().handle(ReadText("a.png"), lambda _: None, NEVER_CANCELLED)


@pytest.mark.parametrize(
    ("turns", "size", "corner"), [(0, (30, 20), "red"), (1, (20, 30), "blue"), (3, (20, 30), "white")]
)
def test_a_part_is_cut_from_the_upright_pixels_and_turned(
    tmp_path: Path, turns: int, size: tuple[int, int], corner: str
) -> None:
    """The part has a red, a white, a blue and a green quarter; the file lies on its side and says so."""
    upright = Image.new("RGB", (100, 60))
    for place, colour in (((10, 20), "red"), ((25, 20), "white"), ((10, 30), "blue"), ((25, 30), "green")):
        upright.paste(colour, (*place, place[0] + 15, place[1] + 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "photo.png", exif=exif)
    part = ImageCrop(digest=Digest("d"), name="photo.png", left=10, top=20, right=40, bottom=40, turns=turns)
    events: list[Event] = []

    target = tmp_path / "part.png"
    ImagingBackend().handle(
        CropImage(str(tmp_path / "photo.png"), part, str(target), 64), events.append, NEVER_CANCELLED
    )

    (event,) = events
    assert isinstance(event, ImageProbed)
    assert (event.width, event.height) == size
    assert event.digest == hashlib.sha256(target.read_bytes()).hexdigest()
    assert Image.open(target).getpixel((2, 2)) == ImageColor.getrgb(corner)


def test_a_part_beside_the_image_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    part = ImageCrop(digest=Digest("d"), name="a.png", left=9, top=0, right=20, bottom=5)
    with pytest.raises(ImageError, match="nothing in that area"):
        ImagingBackend().handle(
            CropImage(str(tmp_path / "a.png"), part, str(tmp_path / "b.png"), 64), lambda _: None, NEVER_CANCELLED
        )
