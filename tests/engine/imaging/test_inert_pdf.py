"""PDFs that are made searchable bring no scripts along, and nothing else that acts; what is seen and linked stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from app.domain.documents.pages import OcrPage
from app.domain.errors import Cancelled
from app.domain.images.geometry import Point, TextLine
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.inert_pdf import drop_actions
from app.engine.imaging.open_pdf import render_page
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from tests.support.documents import scanned_pdf, written_pdf

BAD = {
    "JavaScript",
    "Launch",
    "SubmitForm",
    "ImportData",
    "GoToR",
    "GoToE",
    "Rendition",
    "RichMediaExecute",
    "Movie",
    "Sound",
}


FIELDS: dict[str, dict[str, object]] = {
    "JavaScript": {"/JS": String("app.launchURL('http://127.0.0.1:9')")},
    "Launch": {"/F": String("calc.exe")},
    "SubmitForm": {"/F": String("http://127.0.0.1:9/form")},
    "ImportData": {"/F": String("/etc/passwd")},
    "GoToR": {"/F": String("\\\\host\\share\\x.pdf"), "/D": Array([0, Name.Fit])},
    "GoToE": {"/F": String("x.pdf"), "/D": Array([0, Name.Fit])},
}


def action(kind: str, **more: object) -> Dictionary:
    given = {f"/{key}": value for key, value in more.items()}
    return Dictionary({"/Type": Name.Action, "/S": Name(f"/{kind}"), **FIELDS.get(kind, {}), **given})


def uri(address: str) -> Dictionary:
    return action("URI", URI=String(address))


def link(**more: object) -> Dictionary:
    given = {f"/{key}": value for key, value in more.items()}
    return Dictionary({"/Type": Name.Annot, "/Subtype": Name.Link, "/Rect": Array([0, 0, 9, 9]), **given})


def acting(path: Path, *, words: str = "Gate B14") -> Path:
    """A document with an action at every place that ISO 32000 has for one."""
    written_pdf(path, words)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        root, page = pdf.Root, pdf.pages[0].obj
        shared = pdf.make_indirect(action("JavaScript", JS=pdf.make_stream(b"app.alert(1)")))
        root.OpenAction = shared
        root.AA = Dictionary(WC=action("Launch"), WS=shared, Foo=1)
        root.Names = Dictionary(
            JavaScript=Dictionary(Names=Array([String("a"), shared])),
            AlternatePresentations=Dictionary(Names=Array([String("a"), Dictionary(Type=Name.SlideShow)])),
        )
        root.Requirements = Array([Dictionary(S=Name.EnableJavaScripts, RH=Dictionary(S=Name.JS, Script=String("a")))])
        page.AA = pdf.make_indirect(Dictionary(O=action("SubmitForm"), C=uri("http://tracker.example/")))
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("total"), V=String("12"),
                Rect=Array([9, 9, 99, 29]),
                AA=Dictionary(K=shared, F=shared, V=shared, C=shared, Bl=action("ImportData")), A=action("ImportData"),
                Kids=Array([Dictionary(Subtype=Name.Widget, AA=Dictionary(E=shared), PA=action("Launch"))]),
            )
        )  # fmt: skip
        root.AcroForm = Dictionary(
            Fields=Array([field]), CO=Array([field]), XFA=pdf.make_stream(b"<xdp><script/></xdp>")
        )
        page.Annots = Array(
            [
                field,
                *(pdf.make_indirect(link(A=action(kind))) for kind in sorted(BAD)),
                link(A=uri("javascript:app.alert(1)"), PA=uri("file:///etc/passwd")),
                link(A=uri("smb://host/share")),
                link(A=uri("https://example.org/a"), T=String("kept")),
                link(A=uri("MAILTO:a@example.org"), T=String("kept")),
                link(A=action("GoTo", D=Array([page, Name.Fit]), Next=action("Launch")), T=String("kept")),
                link(A=action("Named", N=Name.NextPage, Next=Array([shared, action("Launch"), uri("http://e.example")]))),
                link(A=action("Named", N=Name.Print)),
                link(Dest=Array([page, Name.Fit]), T=String("kept")),
                Dictionary({"/Type": Name.Annot, "/Subtype": Name("/3D"), "/Rect": Array([0, 0, 9, 9]),
                            "/3DD": Stream(pdf, b"u3d", Dictionary(OnInstantiate=pdf.make_stream(b"js")))}),
                Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]),
                           RichMediaSettings=Dictionary(Activation=Dictionary(Scripts=Array([pdf.make_stream(b"js")]))),
                           RichMediaContent=Dictionary(Assets=Dictionary())),
            ]
        )  # fmt: skip
        item = pdf.make_indirect(Dictionary(Title=String("One"), A=shared))
        other = pdf.make_indirect(Dictionary(Title=String("Two"), A=action("GoTo", D=Array([page, Name.Fit]))))
        item.Next, other.Prev = other, item
        root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=other, Count=2))
        # Names of resources, and /S that is no action's.
        page.Resources.Font["/AA"] = page.Resources.Font.F1
        page.Resources.Font["/JS"] = page.Resources.Font.F1
        form = Dictionary(
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1], Group=Dictionary(S=Name.Transparency)
        )
        page.Resources.XObject = Dictionary(AA=Stream(pdf, b"", form))
        page.Resources.ExtGState = Dictionary(AA=Dictionary(SMask=Dictionary(S=Name.Alpha)))
        pdf.attachments["notes.txt"] = b"mine"
        pdf.save(path)
    # A name may be written with its letters as numbers.
    raw = path.read_bytes()
    assert b"/JavaScript" in raw
    return path


def containers(item: object) -> Iterator[Any]:
    """`item` and all that lies directly in it."""
    if isinstance(item, (Array, Dictionary, Stream)):
        yield item
        for part in item if isinstance(item, Array) else [value for _, value in item.items()]:
            if not getattr(part, "is_indirect", False):
                yield from containers(part)


def assert_inert(pdf: Pdf) -> None:
    """No object of the file is an action that does anything, or a script."""
    for item in pdf.objects:
        for container in containers(item):
            if isinstance(container, Array):
                continue
            kind = str(container.get("/S", "")).removeprefix("/")
            assert kind not in BAD | {"JS", "EnableJavaScripts"}, repr(container)
            assert {"/XFA", "/OnInstantiate", "/RichMediaSettings", "/Requirements"}.isdisjoint(container.keys())
            script = container.get("/JS")
            assert script is None or script.get("/Type") == Name.Font, repr(container)
            if kind == "URI":
                assert str(container.URI).lower().startswith(("http://", "https://", "mailto:"))


def test_nothing_acts_in_a_searchable_pdf(tmp_path: Path) -> None:
    source = acting(tmp_path / "a.pdf")
    write_searchable_pdf(source, [OcrPage(595, 842, (), "Gate B14")], tmp_path / "out.pdf", "", NEVER_CANCELLED)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert_inert(pdf)
        page = pdf.pages[0].obj
        for holder in (pdf.Root, page, page.Annots[0], page.Annots[0].Kids[0]):
            assert {"/AA", "/OpenAction", "/PA"}.isdisjoint(holder.keys())
        assert set(pdf.Root.Names.keys()) == {"/EmbeddedFiles"}
    raw = (tmp_path / "out.pdf").read_bytes()
    for word in (b"alert", b"calc.exe", b"tracker", b"/Launch", b"/SubmitForm", b"passwd", b"<script"):
        assert word not in raw


def test_what_is_seen_linked_filled_in_and_attached_stays(tmp_path: Path) -> None:
    source = acting(tmp_path / "a.pdf")
    write_searchable_pdf(source, [OcrPage(595, 842, (), "Gate B14")], tmp_path / "out.pdf", "", NEVER_CANCELLED)
    assert render_page(source, 0).tobytes() == render_page(tmp_path / "out.pdf", 0).tobytes()
    with pikepdf.open(source) as before, pikepdf.open(tmp_path / "out.pdf") as pdf:
        page = pdf.pages[0].obj
        entries: list[Any] = list(page.Annots)
        kept = [entry for entry in entries if entry.get("/T") == "kept"]
        assert [str(entry.A.get("/URI", entry.A.S)) for entry in kept[:3]] == [
            "https://example.org/a", "MAILTO:a@example.org", "/GoTo",
        ]  # fmt: skip
        assert kept[2].A.D[0].objgen == kept[3].Dest[0].objgen == page.objgen
        turn = next(entry.A for entry in entries if "/A" in entry and entry.A.get("/N") == Name.NextPage)
        assert [str(step.URI) for step in turn.Next] == ["http://e.example"]
        assert len(page.Annots) == len(before.pages[0].obj.Annots)
        assert page.Annots[0].V == "12"
        assert set(page.Resources.Font.keys()) >= {"/F1", "/AA", "/JS"}
        assert "/AA" in page.Resources.ExtGState
        assert Name.Transparency == page.Resources.XObject.AA.Group.S
        assert pdf.attachments["notes.txt"].get_file().read_bytes() == b"mine"
        assert [item.title for item in pdf.open_outline().root] == ["One", "Two"]


@pytest.mark.parametrize("kind", ["array", "goto", "uri"])
def test_a_document_opens_at_its_page_and_does_nothing_else(kind: str) -> None:
    with Pdf.new() as pdf:
        place = Array([pdf.add_blank_page().obj, Name.Fit])
        chained = action("GoTo", D=place, Next=action("Launch"))
        pdf.Root.OpenAction = {"array": place, "goto": chained, "uri": uri("https://tracker.example")}[kind]
        drop_actions(pdf, NEVER_CANCELLED)
        assert_inert(pdf)
        assert ("/OpenAction" in pdf.Root) == (kind != "uri")
        assert kind == "uri" or isinstance(pdf.Root.OpenAction, Array)


def test_names_with_their_letters_as_numbers_are_the_same_names(tmp_path: Path) -> None:
    path = written_pdf(tmp_path / "a.pdf", "Gate B14")
    whole = b"/Pages 2 0 R /OpenAction << /#53 /J#61vaScript /JS (app.alert\\(1\\)) >> >>"
    path.write_bytes(path.read_bytes().replace(b"/Pages 2 0 R >>", whole))
    write_searchable_pdf(path, [OcrPage(595, 842, (), "Gate B14")], tmp_path / "out.pdf", "", NEVER_CANCELLED)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert_inert(pdf)
        assert "/OpenAction" not in pdf.Root


def test_a_scan_gets_its_text_and_loses_its_script(tmp_path: Path) -> None:
    source = scanned_pdf(tmp_path / "a.pdf", ["Gate B14"])
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        pdf.Root.OpenAction = action("JavaScript")
        pdf.save(source)
    corners = (Point(40, 60), Point(250, 60), Point(250, 110), Point(40, 110))
    page = OcrPage(1240, 1754, (TextLine.between("Gate B14", corners, 0.9),), "Gate B14")
    write_searchable_pdf(source, [page], tmp_path / "out.pdf", "", NEVER_CANCELLED)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert_inert(pdf)
        assert "/OpenAction" not in pdf.Root
        assert "/LorgnetteText" in pdf.pages[0].Resources.Font


def test_it_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    with Pdf.new() as pdf, pytest.raises(Cancelled):
        drop_actions(pdf, stop)
