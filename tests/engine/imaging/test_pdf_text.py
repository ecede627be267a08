"""Text layers: words, lines and what is not shown, built from characters."""

from pathlib import Path

import pikepdf
import pytest

from app.engine.imaging.open_pdf import page_layer
from tests.support.documents import drawn_pdf


def texts(path: Path) -> list[str]:
    return [line.text for line in page_layer(path, 0).lines]


def test_words_are_separated_by_gaps_and_columns_by_wide_ones(tmp_path: Path) -> None:
    content = "BT /F1 12 Tf 72 700 Td [(Seeds)-300(cost)-250(48.60)] TJ ET BT /F1 12 Tf 400 700 Td (paid) Tj ET"
    assert texts(drawn_pdf(tmp_path / "a.pdf", content)) == ["Seeds cost 48.60", "paid"]


def test_letters_that_are_placed_one_by_one_are_words(tmp_path: Path) -> None:
    places = (72, 78.7, 85.3, 89.3, 96, 102.7)
    letters = "".join(f"1 0 0 1 {x} 700 Tm ({sign}) Tj " for x, sign in zip(places, "garden", strict=True))
    assert texts(drawn_pdf(tmp_path / "a.pdf", f"BT /F1 12 Tf {letters} ET")) == ["garden"]


def test_a_superscript_that_is_drawn_later_stays_on_its_line(tmp_path: Path) -> None:
    content = (
        "BT /F1 12 Tf 72 700 Td (Andreas Gal) Tj ET BT /F1 12 Tf 72 680 Td (Mozilla Corporation) Tj ET "
        "BT /F1 7 Tf 135.5 705 Td (1,2) Tj ET"
    )
    assert texts(drawn_pdf(tmp_path / "a.pdf", content)) == ["Andreas Gal1,2", "Mozilla Corporation"]


def test_a_hyphen_at_a_lines_end_is_a_hyphen(tmp_path: Path) -> None:
    content = "BT /F1 12 Tf 14 TL 72 700 Td (more difficult to com-) Tj T* (pile than others) Tj ET"
    assert texts(drawn_pdf(tmp_path / "a.pdf", content)) == ["more difficult to com-", "pile than others"]


def test_what_lies_outside_the_crop_box_is_left_out(tmp_path: Path) -> None:
    content = "BT /F1 12 Tf 72 700 Td (left half) Tj 300 0 Td (right half) Tj ET"
    path = drawn_pdf(tmp_path / "a.pdf", content, CropBox=pikepdf.Array([0, 0, 297, 842]))
    assert texts(path) == ["left half"]


@pytest.mark.parametrize("base", ["ON", "OFF"])
def test_what_is_on_a_layer_that_is_off_is_left_out(tmp_path: Path, base: str) -> None:
    content = (
        "/OC /L1 BDC BT /F1 12 Tf 72 700 Td (withdrawn draft) Tj ET EMC /OC /L2 BDC BT /F1 12 Tf 72 680 Td "
        "(final text) Tj ET EMC"
    )
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", content)) as pdf:
        groups = [
            pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=name)) for name in ("Draft", "Final")
        ]
        pdf.pages[0].Resources.Properties = pikepdf.Dictionary(L1=groups[0], L2=groups[1])
        switched = {"/OFF": pikepdf.Array(groups[:1])} if base == "ON" else {"/ON": pikepdf.Array(groups[1:])}
        default = pikepdf.Dictionary({"/BaseState": pikepdf.Name(f"/{base}"), **switched})
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array(groups), D=default)
        pdf.save(tmp_path / "b.pdf")
    assert texts(tmp_path / "b.pdf") == ["final text"]


def test_hidden_text_is_marked(tmp_path: Path) -> None:
    content = "BT 3 Tr /F1 12 Tf 72 700 Td (over a scan) Tj ET BT 0 Tr /F1 12 Tf 72 600 Td (stamp) Tj ET"
    layer = page_layer(drawn_pdf(tmp_path / "a.pdf", content), 0)
    assert [(line.text, line.is_hidden) for line in layer.lines] == [("over a scan", True), ("stamp", False)]
    assert not layer.is_hidden


def test_exponents_that_are_drawn_later_stand_where_they_are_seen(tmp_path: Path) -> None:
    content = "BT /F1 12 Tf 72 700 Td [(a)-700(+ b)-700(= c)] TJ ET BT /F1 7 Tf 79.5 705 Td (2) Tj 25 0 Td (2) Tj ET"
    assert texts(drawn_pdf(tmp_path / "a.pdf", content)) == ["a2 + b2 = c"]


@pytest.mark.parametrize(
    ("font", "letters", "signs"),
    [
        ("Wingdings", "\xfe \xa8 \xfd \xfc o", "☑ ☐ ☒ ✓ ☐"),
        ("Wingdings2", "R \xa3 P", "☑ ☐ ✓"),
        ("ZapfDingbats", "o q 3", "☐ ☐ ✓"),
    ],
)
def test_boxes_to_tick_are_told_in_unicode(tmp_path: Path, font: str, letters: str, signs: str) -> None:
    content = f"BT /F1 14 Tf 72 700 Td ({letters}) Tj ET"
    assert texts(drawn_pdf(tmp_path / "a.pdf", content, fonts=[font])) == [signs]


def test_text_too_small_to_be_seen_is_not_told(tmp_path: Path) -> None:
    content = "BT /F1 14 Tf 72 700 Td (seen) Tj ET BT /F1 0.2 Tf 72 650 Td (a secret) Tj ET"
    assert texts(drawn_pdf(tmp_path / "a.pdf", content)) == ["seen"]


@pytest.mark.parametrize("how", ["marked", "form", "member", "nested"])
@pytest.mark.parametrize("is_off", [True, False])
def test_text_in_forms_on_layers_that_are_off_is_not_told(tmp_path: Path, how: str, *, is_off: bool) -> None:
    use = "/OC /MC0 BDC /Fm Do EMC" if how == "marked" else "/Fm Do"
    path = drawn_pdf(tmp_path / "a.pdf", f"BT /F1 14 Tf 72 700 Td (first language) Tj ET {use}")
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0]
        group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="Other language"))
        off = pikepdf.Dictionary(OFF=pikepdf.Array([group] if is_off else []))
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([group]), D=off)
        resources = pikepdf.Dictionary(Font=page.Resources.Font)
        form = pdf.make_stream(
            b"BT /F1 14 Tf 72 700 Td (autre langue) Tj ET", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
            BBox=pikepdf.Array([0, 0, 595, 842]), Resources=resources,
        )  # fmt: skip
        if how in {"form", "nested"}:
            form.OC = group
        elif how == "member":
            form.OC = pikepdf.Dictionary(Type=pikepdf.Name.OCMD, OCGs=pikepdf.Array([group]))
        if how == "nested":
            form = pdf.make_stream(
                b"/Fm Do", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
                BBox=pikepdf.Array([0, 0, 595, 842]),
                Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=form)),
            )  # fmt: skip
        page.Resources.XObject = pikepdf.Dictionary(Fm=form)
        page.Resources.Properties = pikepdf.Dictionary(MC0=group)
        pdf.save(tmp_path / "b.pdf")
    assert ("autre" in "".join(texts(tmp_path / "b.pdf"))) is not is_off
    assert is_off is (texts(tmp_path / "b.pdf") == ["first language"])
