"""Runs Tesseract, if installed, for the scripts whose language packs are installed with it."""

import io
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from app.domain.images.geometry import Box, TextLine

LIST_SECONDS, READ_SECONDS = 5, 90
WORD_LEVEL = 5
"""Level of word rows in Tesseract's TSV, which also has rows for pages, blocks, paragraphs and lines."""


def installed_languages() -> frozenset[str]:
    """Return the names of the installed language packs; empty without Tesseract."""
    listed = _run(["--list-langs"], b"", LIST_SECONDS)
    return frozenset(line.strip() for line in listed.splitlines()[1:])


def read_by_tesseract(image: Image.Image, languages: Sequence[str]) -> tuple[TextLine, ...]:
    """Return the lines of an upright RGB image in Tesseract's order, in pixels; none if it fails or takes too long."""
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return lines_of_table(_run(["stdin", "stdout", "-l", "+".join(languages), "tsv"], png.getvalue(), READ_SECONDS))


@dataclass(slots=True)
class _Words:
    texts: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


def lines_of_table(table: str) -> tuple[TextLine, ...]:
    """Join the words of Tesseract's TSV into lines.

    Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence in percent, text
    (https://tesseract-ocr.github.io/tessdoc/Command-Line-Usage.html). Malformed rows are skipped.
    """
    lines: dict[tuple[str, ...], _Words] = {}
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] != str(WORD_LEVEL) or not cells[11].strip():
            continue
        try:
            left, top, width, height, percent = (float(cell) for cell in cells[6:11])
        except ValueError:
            continue
        words = lines.setdefault(tuple(cells[1:5]), _Words())
        words.texts.append(cells[11].strip())
        words.scores.append(min(1.0, max(0.0, percent / 100)))
        words.boxes.append(Box(left, top, left + width, top + height))
    return tuple(_line(words) for words in lines.values())


def _line(words: _Words) -> TextLine:
    box = Box.around(words.boxes)
    return TextLine(" ".join(words.texts), box, box.corners, sum(words.scores) / len(words.scores))


def _run(arguments: Sequence[str], sent: bytes, seconds: float) -> str:
    """Return Tesseract's output; empty if it is missing, fails, or takes longer than `seconds`."""
    program = shutil.which("tesseract")
    if program is None:
        return ""
    try:
        ran = subprocess.run(  # noqa: S603 - no shell, and only our own arguments
            [program, *arguments],
            input=sent,
            capture_output=True,
            timeout=seconds,
            check=True,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.decode("utf-8", errors="replace")
