"""QR codes and bar codes, made here and found again."""

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from app.engine.reader.find_codes import find_codes


def page_with(text: str, kind: "zxingcpp.BarcodeFormat", degrees: int = 0) -> Image.Image:
    code = Image.fromarray(np.array(zxingcpp.create_barcode(text, kind).to_image(scale=4)))
    page = Image.new("RGB", (900, 700), "white")
    page.paste(code.convert("RGB"), (300, 200))
    return page.rotate(degrees, expand=True)


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_a_code_is_found_with_its_place(degrees: int) -> None:
    [code] = find_codes(page_with("https://example.org/ä", zxingcpp.BarcodeFormat.QRCode, degrees))
    assert (code.kind, code.text) == ("QR Code", "https://example.org/ä")
    if degrees == 0:
        assert abs(code.box.left - 300) < 30
        assert abs(code.box.top - 200) < 30
    assert 60 < code.box.width < 160
    assert 60 < code.box.height < 160


def test_bar_codes_and_controls() -> None:
    [code] = find_codes(page_with("4006381333931", zxingcpp.BarcodeFormat.EAN13))
    assert (code.kind, code.text) == ("EAN-13", "4006381333931")
    [code] = find_codes(page_with("a\nb\x1bc", zxingcpp.BarcodeFormat.QRCode))
    assert code.text == "a\nb\x1bc"


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (300, 200)])
def test_nothing_is_found_where_nothing_is(size: tuple[int, int]) -> None:
    assert find_codes(Image.new("RGB", size, "white")) == ()
