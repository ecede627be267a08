"""Screenshots drawn for measuring: editors and terminals with the text that stands in them, chats, and long pages."""

import importlib
import inspect
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from pygments import lex
from pygments.lexers import get_lexer_for_filename
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType
from pygments.util import ClassNotFound

from benchmarks.drawn_pages import SENTENCES

MONOSPACED = (
    "DejaVuSansMono.ttf",
    "LiberationMono-Regular.ttf",
    "Hack-Regular.ttf",
    "FiraCode-Regular.ttf",
    "JetBrainsMono-Regular.ttf",
    "NotoMono-Regular.ttf",
    "mononoki-Regular.ttf",
    "Inconsolata.otf",
)
"""Fonts of editors that Debian packages; those that are not installed are left out."""

STYLES = ("default", "vs", "friendly", "monokai", "github-dark", "native", "one-dark", "solarized-light")
"""Colour themes of pygments, light and dark."""

FILES = (
    "__init__.py", "batch_run.py", "cells.py", "find_lines.py", "fitting.py", "geometry.py", "glyphs.py", "grid.py",
    "gutters.py", "kept_lines.py", "page_rows.py", "read_page.py", "reader_choice.py", "reading_order.py", "tiles.py",
    "script_of_lines.py", "worksheets.py",
)  # fmt: skip
"""Names in side bars and listings."""

KINDS = ("editor", "plain", "terminal", "numbers")
"""An editor with a bar and files at its side, code alone, a terminal, an editor with line numbers."""

MAX_SNIPPET, SNIPPET_SHARE = 40, 0.4
"""Number of lines above which, and share of the others of which, no snippet is taken."""

SANS = "DejaVuSans.ttf"
Colour = str | tuple[int, int, int]

SOURCES = (
    "argparse",
    "bisect",
    "calendar",
    "csv",
    "heapq",
    "json.decoder",
    "shlex",
    "statistics",
    "textwrap",
    "zipapp",
)
"""Modules of Python whose lines are drawn: text that nobody invented for a reader, the same on every computer."""

SNIPPETS = {
    "cart.js": """\
const total = items.filter((item) => item.qty > 0 && !item.hidden).reduce((sum, item) => {
  const price = item.price ?? 0;
  return sum + price * item.qty; // in cents
}, 0);

export async function send(path, body = {}) {
  const answer = await fetch(`${BASE_URL}/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
}""",
    "list.c": """\
#include <stdio.h>
#define MAX_LEN (1u << 10)

static int cmp(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
    char line[MAX_LEN] = {0};
    while (fgets(line, sizeof line, stdin) != NULL && line[0] != '\\0') {
        printf("%-8s|%5d\\n", line, argc ^ 0x1F);
    }
    return ~0 & 1;
}""",
    "deploy.sh": """\
#!/usr/bin/env bash
set -euo pipefail
for file in "$HOME"/.config/*.conf; do
    name="${file##*/}"
    [[ -f $file ]] || continue
    grep -vE '^(#|$)' "$file" | sort -u > "/tmp/${name%.conf}~"
done
test "$(whoami)" = root && echo 'done' || { echo "not root: $?"; exit 1; }""",
    "site.yaml": """\
version: 3
services:
  web_1:
    image: "nginx:1.27"
    ports: ["8080:80", "8443:443"]
    environment:
      - LOG_LEVEL=debug
      - __CACHE__=~/cache
  db:
    image: postgres:16  # pinned""",
}
"""Lines in other languages, with the signs that those have: ` ~ | \\ ^ { } ;."""


@dataclass(frozen=True, slots=True)
class DrawnScreen:
    """One screenshot; `lines` are those that count, from top to bottom, with their indentation if it is `code`."""

    group: str
    name: str
    image: Image.Image
    lines: tuple[str, ...]
    is_code: bool


def drawn_code() -> Iterator[DrawnScreen]:
    """Return editors and terminals: each font in 12 to 16 pixels at scale 1 and 2, themes in turn."""
    chance = random.Random(22)
    number = 0
    for face in installed(MONOSPACED):
        for scale in (1, 2):
            for size in (12, 13, 14, 16):
                style = STYLES[(3 * number + number // 8) % len(STYLES)]
                kind = KINDS[(number + number // 4) % len(KINDS)]
                name = f"{kind}-{Path(face).stem}-{size}x{scale}-{style}"
                yield _code(chance, kind, name, (face, size * scale, scale), style)
                number += 1


def drawn_large_editors() -> Iterator[DrawnScreen]:
    """Return editors that fill QHD and 4K screens."""
    chance = random.Random(23)
    faces = installed(MONOSPACED)[:4]
    if not faces:
        return
    for number, (screen, size) in enumerate(
        (((2560, 1440), 13), ((2560, 1440), 15), ((3840, 2160), 15), ((3840, 2160), 26), ((3840, 2160), 18))
    ):
        face = faces[number % len(faces)]
        kind = ("editor", "numbers")[number % 2]
        name = f"{kind}-{screen[0]}-{Path(face).stem}-{size}"
        yield _code(chance, kind, name, (face, size, 1), STYLES[(3 * number) % len(STYLES)], screen)


def drawn_long() -> Iterator[DrawnScreen]:
    """Return long screenshots of pages and of chats."""
    chance = random.Random(24)
    for number, (width, height, size) in enumerate(((900, 20_000, 22), (1080, 8_000, 24), (1400, 12_000, 16))):
        font = ImageFont.truetype(SANS, size)
        is_dark = number == 1
        image = Image.new("RGB", (width, height), "#1b1b1f" if is_dark else "white")
        lines: list[str] = []
        top = 30.0
        while top < height - 3 * size:
            line = _sentences(chance, font, width - 120)
            ImageDraw.Draw(image).text((60, top), line, "#e4e4e4" if is_dark else "#202020", font)
            lines.append(line)
            top += size * (1.5 if chance.random() < 0.85 else 2.6)
        yield DrawnScreen("long page", f"page-{width}x{height}-{size}", image, tuple(lines), is_code=False)
    for number, height in enumerate((6_000, 12_000)):
        yield _chat(chance, (1080, height), 30 - 2 * number, is_dark=number == 1)


def installed(faces: Sequence[str]) -> list[str]:
    """Return the fonts that this computer has."""
    found = []
    for face in faces:
        try:
            ImageFont.truetype(face, 12)
        except OSError:
            continue
        found.append(face)
    return found


def _sentences(chance: random.Random, font: ImageFont.FreeTypeFont, width: float) -> str:
    words = " ".join(chance.sample(SENTENCES, 4)).split()
    first = chance.randrange(5)
    count = 1
    while first + count < len(words) and font.getlength(" ".join(words[first : first + count + 1])) <= width:
        count += 1
    return " ".join(words[first : first + count])


def _chat(chance: random.Random, size: tuple[int, int], letters: int, *, is_dark: bool) -> DrawnScreen:
    font = ImageFont.truetype(SANS, letters)
    image = Image.new("RGB", size, "#101418" if is_dark else "#efeae2")
    draw = ImageDraw.Draw(image)
    lines: list[str] = []
    top = 40.0
    while top < size[1] - 8 * letters:
        is_own = chance.random() < 0.5
        bubble = [_sentences(chance, font, size[0] * 0.6) for _ in range(chance.randint(1, 4))]
        width = max(font.getlength(line) for line in bubble) + 2 * letters
        left = size[0] - width - 30 if is_own else 30
        height = letters * 1.4 * len(bubble) + letters
        fill = ("#144d37" if is_own else "#20262b") if is_dark else ("#d9fdd3" if is_own else "white")
        draw.rounded_rectangle((left, top, left + width, top + height), letters / 2, fill)
        for number, line in enumerate(bubble):
            place = (left + letters, top + letters * (0.45 + 1.4 * number))
            draw.text(place, line, "#e8e8e8" if is_dark else "#111111", font)
        lines += bubble
        top += height + letters * chance.choice((0.3, 1.2))
    return DrawnScreen("chat", f"chat-{size[0]}x{size[1]}-{letters}", image, tuple(lines), is_code=False)


def _code(
    chance: random.Random,
    kind: str,
    name: str,
    type_face: tuple[str, int, int],
    style_name: str,
    screen: tuple[int, int] | None = None,
) -> DrawnScreen:
    face, size, scale = type_face
    font = ImageFont.truetype(face, size)
    pitch, step = font.getlength("M"), size * chance.choice((1.25, 1.4, 1.55))
    count = chance.randint(14, 34) if screen is None else int((screen[1] - 8 * size) / step)
    file, lines = ("session.sh", _session(chance, count)) if kind == "terminal" else _source(chance, count)
    start = chance.randint(1, 300)
    numbers = len(str(start + len(lines))) + 2 if kind == "numbers" else 0
    side = 13 * size if kind == "editor" else 0
    left = side + (chance.uniform(8, 40) + numbers * pitch) * scale**0.5
    top = 3.6 * size if kind != "plain" else chance.uniform(6, 20)
    longest = max(map(len, lines))
    wanted = (round(left + (longest + 3) * pitch), round(top + (len(lines) + 1) * step))
    style = get_style_by_name(style_name)
    paper = style.background_color
    text_colour = _text_colour(style_name)
    image = Image.new("RGB", screen or wanted, paper)
    draw = ImageDraw.Draw(image)
    if kind != "plain":
        _bar(draw, image.width, size, file, text_colour)
    if side:
        _side_bar(draw, chance, size, (side, image.height), text_colour)
    y = top
    for number, tokens in enumerate(_tokens(file, "\n".join(lines))):
        if numbers:
            text = str(start + number)
            draw.text((left - (1.6 + len(text)) * pitch, y), text, _mixed(text_colour, paper, 0.55), font)
        column = 0
        for token, text in tokens:
            told = style.style_for_token(_standard(token))["color"]
            for letter in text:
                if letter != " ":
                    # Browsers and editors place letters at fractions of a pixel.
                    draw.text((left + column * pitch, y), letter, f"#{told}" if told else text_colour, font)
                column += 1
        y += step
    return DrawnScreen("code" if screen is None else "large editor", name, image, tuple(lines), is_code=True)


def _source(chance: random.Random, count: int) -> tuple[str, list[str]]:
    if count < MAX_SNIPPET and chance.random() < SNIPPET_SHARE:
        name = chance.choice(sorted(SNIPPETS))
        return name, SNIPPETS[name].splitlines()
    while True:
        name = chance.choice(SOURCES)
        lines = inspect.getsource(importlib.import_module(name)).splitlines()
        first = chance.randrange(max(1, len(lines) - count))
        taken = [line.rstrip() for line in lines[first : first + count]]
        is_plain = all(line.isascii() and "\t" not in line and len(line) <= 100 for line in taken)
        if is_plain and taken[0].strip() and taken[-1].strip() and any(line[:1].strip() for line in taken):
            return f"{name}.py", taken


def _session(chance: random.Random, count: int) -> list[str]:
    lines = ["$ ls -l --all", f"total {chance.randint(20, 900)}"]
    names = FILES
    while len(lines) < count // 2:
        size, day = chance.randint(90, 250_000), chance.randint(1, 28)
        mode = chance.choice(("-rw-r--r--", "-rwxr-x---", "drwxr-xr-x"))
        owner = chance.choice(("anna", "root"))
        when = f"Nov {day:>2} 1{day % 10}:07"
        lines.append(f"{mode} {chance.randint(1, 9)} {owner:<5} staff {size:>7} {when} {chance.choice(names)}")
    lines += ["", "$ git status --short", " M src/parser_v2.py", "?? notes_2024-11-03.txt", "$ python -m pytest -q"]
    while len(lines) < count - 2:
        dots, share = "." * chance.randint(3, 20), chance.randint(3, 99)
        lines.append(f"tests/test_{chance.choice(names)[:-3]:<24} {dots:<22} [{share:>3}%]")
    return [*lines, "", "41 passed, 2 warnings in 1.83s"]


def _tokens(file: str, source: str) -> list[list[tuple[_TokenType, str]]]:
    """Return the tokens of each line."""
    try:
        lexer = get_lexer_for_filename(file, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = get_lexer_for_filename("notes.txt", stripnl=False, ensurenl=False)
    lines: list[list[tuple[_TokenType, str]]] = [[]]
    for token, text in lex(source, lexer):
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((token, part))
    return lines


def _standard(token: _TokenType) -> _TokenType:
    """Return a token type that styles know, itself or an ancestor."""
    return token if token in STANDARD_TYPES or token.parent is None else _standard(token.parent)


def _text_colour(style_name: str) -> str:
    told = get_style_by_name(style_name).style_for_token(Token.Text)["color"]
    return f"#{told}" if told else "#d4d4d4" if _is_dark(style_name) else "#1f1f1f"


def _is_dark(style_name: str) -> bool:
    return sum(_rgb(get_style_by_name(style_name).background_color)) < 384


def _rgb(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _mixed(colour: str, paper: str, share: float) -> tuple[int, int, int]:
    red, green, blue = (round(share * a + (1 - share) * b) for a, b in zip(_rgb(colour), _rgb(paper), strict=True))
    return red, green, blue


def _bar(draw: ImageDraw.ImageDraw, width: int, size: int, file: str, colour: Colour) -> None:
    font = ImageFont.truetype(SANS, round(size * 0.95))
    draw.line((0, 2.6 * size, width, 2.6 * size), "#808080")
    draw.text((15 * size, 0.7 * size), file, colour, font)


def _side_bar(
    draw: ImageDraw.ImageDraw, chance: random.Random, size: int, bounds: tuple[int, int], colour: Colour
) -> None:
    font = ImageFont.truetype(SANS, round(size * 0.95))
    draw.line((bounds[0], 2.6 * size, bounds[0], bounds[1]), "#808080")
    names = list(FILES)
    y = 3.6 * size
    while y < bounds[1] - 2 * size and names:
        draw.text((1.2 * size, y), names.pop(chance.randrange(len(names)))[:20], colour, font)
        y += 1.7 * size
