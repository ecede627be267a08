"""The built-in reader on pages drawn here, by its real models."""

import io
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import OcrPage
from app.domain.errors import Cancelled, ImageError
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import NEVER_CANCELLED
from app.engine.backends.reader_backend import ReaderBackend
from app.engine.imaging.open_image import open_image
from app.engine.process.messages import Ask, Event, ReadImage, ReadText, StageProgress, TextRead
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

LINES = ("Corner Bakery", "2 x Espresso 5.00", "Walnut cake 4.00", "Total 9.00 EUR")


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def draw(
    lines: tuple[str, ...] = LINES, size: int = 30, foreground: str = "black", background: str = "white", edge: int = 30
) -> Image.Image:
    font = ImageFont.load_default(size)
    width = max(int(font.getlength(line)) for line in lines) + 2 * edge
    image = Image.new("RGB", (width, int(len(lines) * size * 1.6) + 2 * edge), background)
    for row, line in enumerate(lines):
        ImageDraw.Draw(image).text((edge, edge + row * size * 1.6), line, foreground, font)
    return image


def read(image: Image.Image, recogniser: Recogniser) -> OcrPage:
    return read_page(image, recogniser, NEVER_CANCELLED)


def words(text: str) -> list[str]:
    return text.split()


def test_lines_are_read_in_order_with_boxes_around_them(recogniser: Recogniser) -> None:
    image = draw()

    page = read(image, recogniser)

    assert words(page.text) == words("\n".join(LINES))
    assert len(page.text.splitlines()) == len(LINES)
    assert (page.width, page.height, page.rotation, page.notice) == (*image.size, 0, "")
    tops = [line.box.top for line in page.lines]
    assert tops == sorted(tops)
    for line in page.lines:
        assert 0 <= line.box.left < line.box.right <= image.width
        assert 15 < line.box.height < 60
        assert line.score > 0.8
    first = page.lines[0].box
    assert abs(first.left - 30) < 14
    assert first.top < 30 + 15 < first.bottom


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pages_are_read_and_their_boxes_turned_back(recogniser: Recogniser, degrees: int) -> None:
    orientation = draw()
    rotated = orientation.rotate(degrees, expand=True)  # anticlockwise

    page = read(rotated, recogniser)

    assert words(page.text) == words("\n".join(LINES))
    assert page.rotation == degrees
    assert (page.width, page.height) == rotated.size
    first, last = page.lines[0].box.centre, page.lines[-1].box.centre
    match degrees:
        case 90:
            assert first.x < last.x
        case 180:
            assert first.y > last.y
        case _:
            assert first.x > last.x


@pytest.mark.parametrize(
    ("foreground", "background"), [("white", "black"), ("#ffe9b0", "#20407a"), ("#777777", "#eeeeee")]
)
def test_light_on_dark_and_faint(recogniser: Recogniser, foreground: str, background: str) -> None:
    assert words(read(draw(foreground=foreground, background=background), recogniser).text) == words("\n".join(LINES))


def test_small_text_and_text_at_the_edge(recogniser: Recogniser) -> None:
    # At eleven pixels, spaces are a matter of opinion.
    assert "".join(words(read(draw(size=11), recogniser).text)) == "".join(words("\n".join(LINES)))
    assert "Espresso" in read(draw(edge=0), recogniser).text


def test_two_columns_of_prose_are_read_one_after_the_other(recogniser: Recogniser) -> None:
    left = tuple(f"The left column line {number}" for number in "123456")
    right = tuple(f"On the right we have {number}" for number in "123456")
    one, two = draw(left), draw(right)
    page = Image.new("RGB", (one.width + two.width + 60, one.height), "white")
    page.paste(one, (0, 0))
    page.paste(two, (one.width + 60, 0))

    lines = read(page, recogniser).text.splitlines()

    assert [line.startswith("The left") for line in lines] == [True] * 6 + [False] * 6


def test_an_item_and_its_price_are_one_line(recogniser: Recogniser) -> None:
    font = ImageFont.load_default(28)
    image = Image.new("RGB", (700, 300), "white")
    pen = ImageDraw.Draw(image)
    for row, (item, price) in enumerate((("Espresso", "5.00"), ("Walnut cake", "4.00"), ("Total", "9.00"))):
        pen.text((30, 40 + 70 * row), item, "black", font)
        pen.text((560, 40 + 70 * row), price, "black", font)

    assert [words(line) for line in read(image, recogniser).text.splitlines()] == [
        ["Espresso", "5.00"],
        ["Walnut", "cake", "4.00"],
        ["Total", "9.00"],
    ]


def test_what_a_file_that_ends_early_still_has_is_read_and_the_rest_is_told(
    recogniser: Recogniser, tmp_path: Path
) -> None:
    image = draw()
    image.save(tmp_path / "a.jpg", quality=95)
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) * 3 // 5])
    page = read(open_image(tmp_path / "a.jpg"), recogniser)
    assert page.text.startswith(LINES[0])
    assert re.search(r"ends early: only the first [3-7]\d % of the image is there, and that part was read", page.notice)


def test_a_bent_page_is_read_flat_and_its_lines_lie_on_the_photograph(recogniser: Recogniser) -> None:
    sheet = Image.new("RGB", (1400, 1400), "white")
    sentences = [f"Section {row}: the harbour was quiet that morning" for row in range(10, 40)]
    for row, sentence in enumerate(sentences):
        ImageDraw.Draw(sheet).text((120, 160 + 34 * row), sentence, "black", ImageFont.load_default(24))
        ImageDraw.Draw(sheet).text(
            (840, 160 + 34 * row), f"and cold, {row * 7} degrees", "black", ImageFont.load_default(24)
        )
    x, y = np.meshgrid(np.arange(1400, dtype=np.float32), np.arange(1400, dtype=np.float32))
    below = (y + 70 * np.sin(x / 260)).astype(np.float32)
    photograph = Image.fromarray(
        cv2.remap(np.asarray(sheet), x, below, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )
    page = read(photograph, recogniser)
    found = [
        (row, line) for row, text in enumerate(sentences) for line in page.lines if line.text.startswith(text[:10])
    ]
    assert len(found) == len(sentences)
    assert all("quiet that morning" in line.text for _, line in found)
    for row, line in found:
        left = (line.quad[0].y + line.quad[3].y) / 2
        assert left + 70 * np.sin(130 / 260) == pytest.approx(160 + 34 * row + 14, abs=14)


@pytest.mark.parametrize("size", [(400, 300), (8, 8), (4000, 6), (1, 1)])
def test_a_page_without_text_says_so(recogniser: Recogniser, size: tuple[int, int]) -> None:
    page = read(Image.new("RGB", size, "white"), recogniser)
    assert (page.lines, page.text) == ((), "")
    assert page.notice == "No text was found on this image."


@pytest.fixture(scope="module")
def backend() -> ReaderBackend:
    return ReaderBackend()


def test_the_backend_reads_a_file(backend: ReaderBackend, tmp_path: Path) -> None:
    draw().save(tmp_path / "receipt.png")
    events: list[Event] = []

    reason = backend.handle(ReadText(str(tmp_path / "receipt.png")), events.append, NEVER_CANCELLED)

    assert reason is FinishReason.COMPLETE
    assert events[0] == StageProgress(Stage.READING, 0.0)
    *reported, last = events
    assert isinstance(last, TextRead)
    assert "Walnut cake" in last.page.text
    shares = [event.progress for event in reported if isinstance(event, StageProgress)]
    assert len(shares) == len(reported) > 3
    assert shares == sorted(shares)


def test_the_backend_says_that_only_the_first_image_of_an_animation_is_read(
    backend: ReaderBackend, tmp_path: Path
) -> None:
    first = draw()
    first.save(tmp_path / "a.gif", save_all=True, append_images=[first.rotate(90), first.rotate(180)], duration=100)
    events: list[Event] = []
    backend.handle(ReadText(str(tmp_path / "a.gif")), events.append, NEVER_CANCELLED)
    last = events[-1]
    assert isinstance(last, TextRead)
    assert last.page.notice == "This is an animation: only the first of its 3 images was read."
    assert not last.page.is_uncertain


def test_the_backend_can_be_stopped(backend: ReaderBackend, tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    draw().save(tmp_path / "receipt.png")
    with pytest.raises(Cancelled):
        backend.handle(ReadText(str(tmp_path / "receipt.png")), lambda _: None, stop)


def test_the_backend_refuses_what_is_no_image_and_what_is_no_reading(backend: ReaderBackend, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="The file itself was not changed"):
        backend.handle(ReadText(str(tmp_path)), lambda _: None, NEVER_CANCELLED)
    with pytest.raises(ImageError, match=r"^The image was not found"):
        backend.handle(ReadText(str(tmp_path / ("ab" * 32))), lambda _: None, NEVER_CANCELLED)
    with pytest.raises(TypeError):
        backend.handle(Ask((), options=None), lambda _: None, NEVER_CANCELLED)  # type: ignore[arg-type]


def test_an_image_that_is_in_no_file_is_read() -> None:
    encoded = io.BytesIO()
    draw().save(encoded, "PNG")
    events: list[Event] = []
    backend = ReaderBackend()
    assert (
        backend.handle(ReadImage(encoded.getvalue(), "area"), events.append, NEVER_CANCELLED) is FinishReason.COMPLETE
    )
    (page,) = (event.page for event in events if isinstance(event, TextRead))
    assert words(page.text) == words("\n".join(LINES))
    for content in (encoded.getvalue()[:60], b"no image", b""):
        with pytest.raises(ImageError, match="“area”"):
            backend.handle(ReadImage(content, "area"), events.append, NEVER_CANCELLED)


def test_captured_pixels_do_not_get_into_a_log() -> None:
    assert "pixels" not in repr(ReadImage(b"pixels", "area"))
