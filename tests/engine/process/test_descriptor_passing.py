"""The decoders at their ordinary work, as confined as they are in the application: nothing is missing to them."""

import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from pikepdf import pdfa
from PIL import Image, features

from app import memory_files
from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.errors import ProblemKind
from app.domain.ids import CallId, Digest
from app.domain.images.attachments import ImageCrop
from app.domain.images.geometry import Point, TextLine
from app.domain.models.answer_stats import FinishReason
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import (
    CropImage,
    Done,
    DrawPage,
    Event,
    Failed,
    ImageProbed,
    PagesFound,
    PageShown,
    ProbeImage,
    ReadText,
    Request,
    ShowPage,
    TextRead,
    WritePdf,
)
from app.engine.process.wire import RequestEnvelope
from app.partial_files import PartialFile
from tests.engine.imaging.test_documents import HEIC
from tests.engine.imaging.test_searchable_pdf import text_of
from tests.support.documents import locked_pdf, scanned_pdf, written_pdf
from tests.support.engine_events import engine_events
from tests.support.printed_text import print_text
from tests.support.videos import make_video

SENTENCE = "The total of all items is 12.40 EUR"
CORNERS = Point(9, 9), Point(90, 9), Point(90, 30), Point(9, 30)
PAGE = OcrPage(200, 120, (TextLine.between("Invoice", CORNERS, 0.9),), "Invoice")
COLOURS = ("red", "lime", "blue")


class Process:
    """A child of that kind, which answers one request after another."""

    def __init__(self, kind: BackendKind) -> None:
        self.client = EngineClient(kind)
        self.events = engine_events(self.client)

    def ask(self, request: Request) -> list[Event]:
        self.client.send(RequestEnvelope(CallId(1), request))
        received_events: list[Event] = [next(self.events)]
        while not isinstance(received_events[-1], Done | Failed):
            received_events.append(next(self.events))
        return received_events


@pytest.fixture
def opener() -> Iterator[Process]:
    begun = Process(BackendKind.IMAGES)
    yield begun
    begun.events.close()


def here(request: Request) -> list[Event]:
    """What the same backend says in this process, which nothing confines."""
    received_events: list[Event] = []
    received_events.append(Done(ImagingBackend().handle(request, received_events.append, lambda: None)))
    return received_events


def picture(path: Path, **how: object) -> Path:
    image = Image.new("RGB", (90, 60), "white")
    image.paste("navy", (20, 10, 70, 50))
    image.save(path, **how)  # type: ignore[arg-type]
    return path


def scan(path: Path, **how: object) -> Path:
    first, *others = (Image.new("RGB", (80, 60), colour) for colour in COLOURS)
    first.save(path, save_all=True, append_images=others, **how)  # type: ignore[arg-type]
    return path


def form(path: Path) -> Path:
    """A PDF with a field that is filled in."""
    with pikepdf.open(written_pdf(path, SENTENCE), allow_overwriting_input=True) as pdf:
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="name", V="Ada",
            DA="/Helv 12 Tf 0 g", Rect=[50, 50, 200, 70], F=4,
        )  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pdf.pages[0].Annots, NeedAppearances=True)
        pdf.save(path)
    return path


def heic(path: Path) -> Path:
    path.write_bytes(HEIC)
    return path


IMAGES: dict[str, Callable[[Path], Path]] = {
    "a.png": picture,
    "a.jpg": picture,
    "a.webp": picture,
    "a.bmp": picture,
    "a.gif": scan,
    "a.jp2": picture,
    "deflate.tif": lambda path: picture(path, compression="tiff_adobe_deflate"),
    "a.heic": heic,
    "a.mp4": make_video,
    "a.webm": lambda path: make_video(path, codec="libvpx"),
} | ({"a.avif": picture} if features.check("avif") else {})
DOCUMENTS: dict[str, Callable[[Path], Path]] = {
    "a.tiff": lambda path: scan(path, compression="tiff_lzw"),
    "a.pdf": lambda path: written_pdf(path, SENTENCE),
    "scan.pdf": lambda path: scanned_pdf(path, ["Invoice", "Receipt"]),
    "form.pdf": form,
}


def test_images_are_opened(opener: Process, tmp_path: Path) -> None:
    for name, make in IMAGES.items():
        request = ProbeImage(str(make(tmp_path / name)), 1000)
        assert isinstance(here(request)[0], ImageProbed), name
        assert opener.ask(request) == here(request), name


def test_documents_are_opened_and_shown(opener: Process, tmp_path: Path) -> None:
    for name, make in DOCUMENTS.items():
        path = str(make(tmp_path / name))
        requests: tuple[Request, ...] = (ProbeImage(path, 64), ShowPage(path, 0, 400))
        for request, kind in zip(requests, (PagesFound, PageShown), strict=True):
            assert isinstance(here(request)[0], kind), name
            assert opener.ask(request) == here(request), name


def test_a_password_opens_what_it_locks(opener: Process, tmp_path: Path) -> None:
    path = str(locked_pdf(tmp_path / "a.pdf", SENTENCE, "sesame"))
    refused = opener.ask(ShowPage(path, 0, 400))[0]
    assert isinstance(refused, Failed)
    assert refused.problem.kind is ProblemKind.PASSWORD
    request = ShowPage(path, 0, 400, "sesame")
    assert opener.ask(request) == here(request)


def test_parts_and_pages_are_written(opener: Process, tmp_path: Path) -> None:
    part, page = tmp_path / "part.png", tmp_path / "page.png"
    whole = ImageCrop(digest=Digest(""), name="", left=20, top=10, right=70, bottom=50)
    cut = opener.ask(CropImage(str(picture(tmp_path / "a.png")), whole, str(part), 64))
    drawn = opener.ask(DrawPage(str(scan(tmp_path / "a.tiff")), 1, str(page), 64))
    assert [type(event) for event in (*cut, *drawn)] == [ImageProbed, Done] * 2
    assert Image.open(part).getcolors() == [(50 * 40, (0, 0, 128))]
    assert Image.open(page).getpixel((9, 9)) == (0, 255, 0)
    assert isinstance(cut[0], ImageProbed)
    assert cut[0].byte_size == part.stat().st_size


def test_documents_with_their_text_are_written(opener: Process, tmp_path: Path) -> None:
    target = tmp_path / "searchable.pdf"
    for name in ("a.jpg", "a.tiff", "scan.pdf"):
        source = {**IMAGES, **DOCUMENTS}[name](tmp_path / name)
        assert opener.ask(WritePdf(str(source), (PAGE,), str(target))) == [Done(FinishReason.COMPLETE)]
        assert text_of(target).strip() == "Invoice", name
        source.unlink()
        assert [path.name for path in tmp_path.iterdir()] == ["searchable.pdf"]
        assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~_umask()


def test_pdf_a_is_written_and_checked_by_a_confined_process(opener: Process, tmp_path: Path) -> None:
    options, target = PdfOptions(is_archival=True, is_deskewed=True, is_compressed=True), tmp_path / "archival.pdf"
    for name in ("a.jpg", "a.tiff", "scan.pdf"):
        source = {**IMAGES, **DOCUMENTS}[name](tmp_path / name)
        assert opener.ask(WritePdf(str(source), (PAGE,), str(target), options=options)) == [Done(FinishReason.COMPLETE)]
        assert pdfa.validate_written(target, "2b").passed, name
        assert text_of(target).strip() == "Invoice", name


def _umask() -> int:
    os.umask(mask := os.umask(0))
    return mask


def test_text_is_read(tmp_path: Path) -> None:
    reader = Process(BackendKind.READER)
    try:
        print_text(tmp_path / "a.png", "Gate B14")
        pages = [
            event.page
            for path in (tmp_path / "a.png", written_pdf(tmp_path / "a.pdf", SENTENCE))
            for event in reader.ask(ReadText(str(path)))
            if isinstance(event, TextRead)
        ]
    finally:
        reader.events.close()
    assert [page.text for page in pages] == ["Gate B14", SENTENCE]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "was not found"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("Dear all"), "is a text file"),
        pytest.param(
            lambda path: os.mkfifo(path.resolve()), "is not a regular file",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_told_as_ever(
    make: Callable[[Path], object], words: str, opener: Process, tmp_path: Path
) -> None:
    make(tmp_path / "a.png")
    (failed,) = opener.ask(ProbeImage(str(tmp_path / "a.png"), 64))
    assert isinstance(failed, Failed)
    assert words in failed.problem.sentence


def test_where_nothing_can_be_written_it_is_told(opener: Process, tmp_path: Path) -> None:
    source = str(picture(tmp_path / "a.png"))
    (failed,) = opener.ask(WritePdf(source, (PAGE,), str(tmp_path / "missing" / "a.pdf")))
    assert isinstance(failed, Failed)
    assert "“a.pdf” could not be written" in failed.problem.sentence
    (tmp_path / "folder.pdf").mkdir()
    (failed,) = opener.ask(WritePdf(source, (PAGE,), str(tmp_path / "folder.pdf")))
    assert isinstance(failed, Failed)
    assert "“folder.pdf” could not be written" in failed.problem.sentence
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "folder.pdf"]


def test_a_document_is_never_written_over_itself(opener: Process, tmp_path: Path) -> None:
    source = scanned_pdf(tmp_path / "a.pdf", ["Invoice"])
    original = source.read_bytes()
    (failed,) = opener.ask(WritePdf(str(source), (PAGE,), str(source)))
    assert isinstance(failed, Failed)
    assert "replace the original" in failed.problem.sentence
    assert source.read_bytes() == original
    assert list(tmp_path.iterdir()) == [source]


def test_a_process_that_ends_leaves_nothing_half_written(tmp_path: Path) -> None:
    opener = Process(BackendKind.IMAGES)
    opener.ask(ProbeImage(str(picture(tmp_path / "a.png")), 64))
    many = tuple([PAGE] * 2000)
    opener.client.send(
        RequestEnvelope(CallId(2), WritePdf(str(scan(tmp_path / "a.tiff")), many, str(tmp_path / "a.pdf")))
    )
    os.kill(opener.client.pid or 0, 9)
    with pytest.raises(EngineDied):
        list(opener.events)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.tiff"]


def test_a_file_that_is_made_while_its_process_ends_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the writing thread may make the file only when the process has been given up."""
    is_making = threading.Event()
    make = PartialFile.make

    def make_late(part: PartialFile) -> None:
        is_making.set()
        time.sleep(0.5)
        make(part)

    monkeypatch.setattr(PartialFile, "make", make_late)
    opener = Process(BackendKind.IMAGES)
    opener.ask(ProbeImage(str(picture(tmp_path / "a.png")), 64))
    opener.client.send(RequestEnvelope(CallId(2), WritePdf(str(tmp_path / "a.png"), (PAGE,), str(tmp_path / "a.pdf"))))
    assert is_making.wait(20)
    os.kill(opener.client.pid or 0, 9)
    with pytest.raises(EngineDied):
        list(opener.events)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_many_requests_wait_with_their_files(opener: Process, tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"{number}.png") for number in range(300)]
    for number, path in enumerate(paths, start=1):
        opener.client.send(RequestEnvelope(CallId(number), ProbeImage(str(path), 16)))
    received_events = [next(opener.events) for _ in range(2 * len(paths))]
    assert [type(event) for event in received_events] == [ImageProbed, Done] * len(paths)


@pytest.mark.skipif(not memory_files.ARE_SUPPORTED, reason="no files in memory")
def test_a_decoder_reads_and_writes_files_that_are_in_memory_only(opener: Process, tmp_path: Path) -> None:
    source, target = memory_files.make("picture.png"), memory_files.make("part.png")
    with memory_files.open_file(source) as file:
        file.write(picture(tmp_path / "picture.png").read_bytes())
    part = ImageCrop(digest=Digest("ab" * 32), name="picture.png", left=20, top=10, right=70, bottom=50)
    probed, done = opener.ask(CropImage(str(source), part, str(target), 64))[-2:]
    assert isinstance(probed, ImageProbed)
    assert (probed.width, probed.height) == (50, 40)
    assert done == Done(FinishReason.COMPLETE)
    with memory_files.open_file(target) as file, Image.open(file) as written:
        assert written.size == (50, 40)
    memory_files.remove(source)
    assert isinstance(opener.ask(ProbeImage(str(source), 64))[-1], Failed)
    memory_files.remove(target)
