"""Texts that pages carry, and texts that are not what is seen."""

import codecs

import pytest

from app.engine.imaging.sensible_text import makes_sense

ENGLISH = (
    "The text of a page is taken as it stands where it can be trusted, which is faster and has no mistakes. Where it "
    "cannot, the page is drawn and read like any other picture, so that nothing depends on what a font says of itself. "
) * 2
SENSIBLE = [
    ENGLISH,
    (
        "Die Wörter einer Seite werden übernommen, wie sie dastehen, wo man ihnen trauen kann: das geht schneller und "
        "macht keine Fehler. Sonst wird die Seite gezeichnet und gelesen, wie jedes andere Bild auch, Zeile für Zeile."
    ),
    (
        "Przyszłość należy do tych, którzy wierzą w piękno swoich marzeń; wszyscy ludzie rodzą się wolni i równi pod "
        "względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych."
    ),
    (
        "Wszystkie strony; všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a "
        "svědomím a mají spolu jednat v duchu bratrství. Čtvrt hodiny, smrt, prst, krk, vlk, plný, první, srdce, zmrzl."
    ),
    "請求書の合計金額は十二万三千円です。お支払い期限は月末までとなります。",
    "यह पृष्ठ का पाठ है जिसे सीधे लिया जाता है, क्योंकि उस पर भरोसा किया जा सकता है।",
    "Введение ............................ 3\nГлава первая ........................ 17\nПриложение ....... 204",
    "12.40  3.10  7.99  110.00  0.35  19.95  4.20  1,204.00  88.10",
    "def total(items):\n    return sum(item.price * item.count for item in items if item.is_paid)\n" * 5,
]
POOR = (
    "Th3 t0ta| 0f a|l it3ms i5 tw3lve e|_|ros and f0rty c3nts; p|ease p@y w|thin f0urteen d@ys of r3ceipt of th|s n0te"
)


def in_glyph_numbers(text: str) -> str:
    """As a font without a table gives it whose glyphs are numbered as TrueType fonts often are: 29 below ASCII."""
    return "".join(sign if sign.isspace() else chr(ord(sign) - 29) for sign in text if ord(sign) > 61 or sign == " ")


@pytest.mark.parametrize("text", SENSIBLE)
@pytest.mark.parametrize("is_hidden", [False, True])
def test_texts_in_any_language_make_sense(text: str, is_hidden: bool) -> None:
    assert makes_sense(text, is_hidden=is_hidden)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "page 3",
        codecs.encode(ENGLISH, "rot13"),
        in_glyph_numbers(ENGLISH),
        "!\"# $%&!'( )!* +,-. /!01 '2%3( 4(5 !\"# 6&7",
        "\x01\x02\x03\x04 \x05\x06\x07\x08 \x0e\x0f\x10\x11 abcdefgh",
        "\ue001\ue002\ue003\ue004 \ue005\ue006\ue007\ue008 \ue009\ue00a\ue00b\ue00c \ue00d\ue00e",
    ],
)
def test_texts_that_are_not_what_is_seen_do_not(text: str) -> None:
    assert not makes_sense(text)


def test_what_a_poor_reader_left_unseen_is_read_again() -> None:
    assert makes_sense(POOR)  # Seen, it may be what stands there.
    assert not makes_sense(POOR, is_hidden=True)
