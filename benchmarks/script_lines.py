"""Rendered lines of made-up words in one script, worn as lines on photographs and scans are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

CJK, OTHERS = "NotoSansCJK", ("DejaVu", "Liberation", "Nimbus", "P052", "C059", "URWBookman", "URWGothic")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """`letters` begin a syllable, each of them followed by one of `marks` at times; `faces` begin its fonts' names."""

    letters: str
    marks: str = ""
    faces: tuple[str, ...] = ()
    is_spaced: bool = True


def _span(*spans: tuple[int, int]) -> str:
    return "".join(chr(code) for first, last in spans for code in range(first, last + 1))


LATIN = (
    "etaoinshrdlucmfwypvbgkjqxz" * 3
    + "ETAOINSHRDLUCMFWYPVBGKJQXZ" * 2
    + "0123456789" * 3
    + "äöüßéèàçñáíóúâêîôûåøæčšžłőğş"
)
FULL = ("NotoSans-", "NotoSerif-", "NotoSansDisplay-", *OTHERS)


def _noto(name: str) -> tuple[str, ...]:
    return (f"NotoSans{name}-", f"NotoSerif{name}-")


ALPHABETS = (
    Alphabet(LATIN, faces=(*FULL, CJK)),
    Alphabet(
        _span((0x3041, 0x3093), (0x30A1, 0x30F6)) * 20 + _span((0x4E00, 0x9FA0)) + "一二三人的国大中" * 100,
        faces=(CJK, "NotoSerifCJK"),
        is_spaced=False,
    ),
    Alphabet("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїєђћљњџј" * 2 + _span((0x410, 0x42F)), faces=(*FULL, CJK)),
    Alphabet("αοιετσνηυρπκμλωςγδχθφβξζψάέήίόύώ" * 2 + _span((0x391, 0x3A1), (0x3A3, 0x3A9)), faces=(*FULL, CJK)),
    Alphabet(
        _span((0xAC00, 0xD7A3)) + "가나다라마바사아자차카타파하이은는을를에의로고한그지도시" * 200,
        faces=(CJK, "NotoSerifCJK"),
    ),
    Alphabet(
        _span((0x627, 0x63A), (0x641, 0x64A)) + "پچژکگی" + "اليمنوتر" * 4,
        faces=("NotoNaskhArabic", "NotoSansArabic", "NotoKufi", "NotoNastaliq", "DejaVuSans"),
    ),
    Alphabet(_span((0x5D0, 0x5EA)), faces=(*_noto("Hebrew"), "NotoRashi", "DejaVuSans")),
    Alphabet(_span((0xE01, 0xE2E)) * 2 + "เแโใไ", "ะัาิีึืุู่้๊็์", (*_noto("Thai"), "NotoLoopedThai"), is_spaced=False),
    Alphabet(
        _span((0x905, 0x90B), (0x90F, 0x910), (0x913, 0x928), (0x92A, 0x930), (0x932, 0x932), (0x935, 0x939)),
        "ािीुूेैोौंँ््",
        _noto("Devanagari"),
    ),
    Alphabet(
        _span((0x985, 0x98B), (0x98F, 0x990), (0x993, 0x9A8), (0x9AA, 0x9B0), (0x9B2, 0x9B2), (0x9B6, 0x9B9)),
        "ািীুূেৈোৌংঁ্",
        _noto("Bengali"),
    ),
    Alphabet("அஆஇஈஉஊஎஏஐஒஓகஙசஞடணதநனபமயரறலளழவஷஸஹ", "ாிீுூெேைொோ்்", _noto("Tamil")),
    Alphabet(
        _span((0xC05, 0xC0B), (0xC0E, 0xC10), (0xC12, 0xC28), (0xC2A, 0xC30), (0xC32, 0xC33), (0xC35, 0xC39)),
        "ాిీుూెేైొోౌంః్",
        _noto("Telugu"),
    ),
    Alphabet(
        _span((0xC85, 0xC8B), (0xC8E, 0xC90), (0xC92, 0xCA8), (0xCAA, 0xCB0), (0xCB2, 0xCB3), (0xCB5, 0xCB9)),
        "ಾಿೀುೂೆೇೈೊೋಂ್",
        _noto("Kannada"),
    ),
    Alphabet(_span((0xD05, 0xD0B), (0xD0E, 0xD10), (0xD12, 0xD28), (0xD2A, 0xD39)), "ാിീുൂെേൈൊോം്", _noto("Malayalam")),
    Alphabet(
        _span((0xA85, 0xA8B), (0xA8F, 0xA90), (0xA93, 0xAA8), (0xAAA, 0xAB0), (0xAB2, 0xAB3), (0xAB5, 0xAB9)),
        "ાિીુૂેૈોૌં્",
        _noto("Gujarati"),
    ),
    Alphabet(
        _span(
            (0xA05, 0xA0A),
            (0xA0F, 0xA10),
            (0xA13, 0xA28),
            (0xA2A, 0xA30),
            (0xA32, 0xA32),
            (0xA35, 0xA35),
            (0xA38, 0xA39),
        ),
        "ਾਿੀੁੂੇੈੋੌੰ",
        _noto("Gurmukhi"),
    ),
    Alphabet(_span((0x10D0, 0x10F0)), faces=(*_noto("Georgian"), "DejaVuSans")),
    Alphabet(_span((0x561, 0x587)) * 2 + _span((0x531, 0x556)), faces=(*_noto("Armenian"), "DejaVuSans")),
)
"""What PP-OCR knows first (Latin, Chinese and Japanese), then as in app/domain/text/scripts.py."""


class Lines:
    """Draws lines; `folders` are searched for fonts (Debian: fonts-noto-core, -noto-cjk, -dejavu, -liberation)."""

    def __init__(self, folders: Sequence[Path], seed: int) -> None:
        self._chance = random.Random(seed)
        files = sorted(file for folder in folders for file in folder.rglob("*.[to]t[fc]"))
        self._faces = [[file for file in files if file.name.startswith(alphabet.faces)] for alphabet in ALPHABETS]

    def can_draw(self, script: int) -> bool:
        """Whether a font for this script was found."""
        return bool(self._faces[script])

    def draw(self, script: int) -> Image.Image:
        """One line, cut out as generously as the reader cuts lines, mode L, of any size."""
        chance, alphabet = self._chance, ALPHABETS[script]
        font = _font(chance.choice(self._faces[script]), 40)
        text = self._text(alphabet)
        left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
        across, down = [chance.randint(0, 14) for _ in range(2)], [chance.randint(0, 9) for _ in range(2)]
        ink, ground = chance.sample(range(256), 2)
        while abs(ink - ground) < 60:
            ink, ground = chance.sample(range(256), 2)
        image = Image.new("L", (max(8, right - left) + sum(across), max(8, bottom - top) + sum(down)), ground)
        ImageDraw.Draw(image).text((across[0] - left, down[0] - top), text, ink, font)
        return self._worn(image, ground)

    def _text(self, alphabet: Alphabet) -> str:
        chance = self._chance
        words = []
        for _ in range(chance.randint(1, 5)):
            letters = [
                chance.choice(alphabet.letters)
                + (chance.choice(alphabet.marks) if alphabet.marks and chance.random() < 0.5 else "")
                for _ in range(chance.randint(2, 9))
            ]
            word = "".join(letters)
            case = chance.random()
            words.append(word.upper() if case < 0.15 else word.lower() if case < 0.75 else word.capitalize())
            if chance.random() < 0.12:
                words.append(chance.choice(("12", "2024", "3.50", "-", "7:30", "(1)")))
            if chance.random() < 0.2:
                words[-1] += chance.choice(".,:;!?")
        return (" " if alphabet.is_spaced else "").join(words)

    def _worn(self, image: Image.Image, ground: int) -> Image.Image:
        chance = self._chance
        if chance.random() < 0.5:
            image = image.rotate(chance.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=ground)
        image = image.resize((max(4, round(image.width * chance.uniform(0.8, 1.2))), image.height))
        if chance.random() < 0.6:  # Seen from afar.
            height = chance.randint(11, 40)
            image = image.resize((max(4, round(image.width * height / image.height)), height), Image.Resampling.BOX)
        if chance.random() < 0.4:
            image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0, image.height / 28)))
        if chance.random() < 0.5:
            noise = Image.effect_noise(image.size, chance.uniform(5, 40))
            image = Image.blend(image, noise, chance.uniform(0.03, 0.2))
        return image


@cache
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)
