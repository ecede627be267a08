"""Images inside of text."""

import base64

import pytest

from app.domain.errors import ImageError
from app.domain.images import data_urls
from app.domain.images.data_urls import HtmlContent, decode_image, html_content, image_data_urls, image_suffix

IMAGE = bytes(range(256))
URL = "data:image/png;base64," + base64.b64encode(IMAGE).decode()


def test_a_data_url_is_found_if_it_is_all_there_is() -> None:
    assert image_data_urls(URL) == (URL,)
    assert image_data_urls(f"\n{URL}\r\n") == (URL,)
    assert image_data_urls(f"{URL}\n{URL}") == (URL, URL)
    assert image_data_urls(f"What is {URL}") == ()
    assert image_data_urls(f"{URL} is what?") == ()
    assert image_data_urls("data:text/plain;base64,QUJD") == ()
    assert image_data_urls("data:image/png") == ()
    assert image_data_urls("") == ()


def test_base64_may_be_wrapped_unpadded_and_percent_encoded() -> None:
    wrapped = "\r\n".join(URL[place : place + 76] for place in range(0, len(URL), 76))
    (url,) = image_data_urls(wrapped)
    assert decode_image(url, "a") == IMAGE
    assert decode_image(URL.rstrip("="), "a") == IMAGE
    assert decode_image(URL.replace("+", "%2B").replace("/", "%2F"), "a") == IMAGE
    assert decode_image("DATA:IMAGE/PNG;BASE64,QUJD", "a") == b"ABC"


def test_an_image_that_is_not_in_base64_is_percent_encoded() -> None:
    url = "data:image/svg+xml,%3Csvg/%3E"
    assert image_data_urls(url) == (url,)
    assert decode_image(url, "a") == b"<svg/>"
    assert image_suffix(url) == ".svg"
    assert image_suffix("data:image/JPEG;base64,") == ".jpeg"


@pytest.mark.parametrize("payload", ["", "@@@@", "A", "QUJD=QUJD", "ä"])
def test_bad_data_is_told_in_a_sentence(payload: str) -> None:
    with pytest.raises(ImageError, match="damaged or incomplete"):
        decode_image(f"data:image/png;base64,{payload}", "a")


def test_too_much_data_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_urls, "MAX_HTML", 100)
    with pytest.raises(ImageError, match=r"“a\.png” is larger than 64 MB"):
        decode_image(URL, "a.png")
    assert html_content(f"<img src='{URL}'>") == HtmlContent(has_text=True, images=())


def test_html_of_images_is_told_from_html_with_text() -> None:
    head = "<html><head><meta charset=utf-8><title>Page</title><style>p {}</style></head><body><!--StartFragment-->"
    images = f'<p>\n<img alt="a cat" src="{URL}">&nbsp;<img src="https://example.org/b.png"></p>'
    sources = (URL, "https://example.org/b.png")
    assert html_content(head + images) == HtmlContent(has_text=False, images=sources)
    assert html_content(head + images + "<p>words</p>") == HtmlContent(has_text=True, images=sources)
    assert html_content("<img>") == HtmlContent(has_text=False, images=())
