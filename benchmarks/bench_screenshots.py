"""How well long screenshots, chats, editors and terminals are read: complete lines, and exact text with indentation.

`python -m benchmarks.bench_screenshots [--group G] [--name PART] [--every N] [--text]` draws them (seeded, with the
monospaced fonts that are installed and pygments' themes) and reads them with the application's reader. A line is
complete if a line was read that is at least MIN_ALIKE the same; it is exact if one is the same, of code with its
indentation and gaps. Numbers at the left of an editor's lines are not counted.
"""

import argparse
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain

from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from benchmarks.drawn_screens import MONOSPACED, DrawnScreen, drawn_code, drawn_large_editors, drawn_long, installed

MIN_ALIKE = 0.8
"""Minimum similarity (difflib's ratio) of a line with one that was read, both without spaces."""

_NUMBER = re.compile(r"^\s*\d+(?=\s|$)")


def main() -> None:
    """Print a row for each screenshot and group."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", default="", help="only groups that contain this")
    parser.add_argument("--name", default="", help="only screenshots whose name contains this")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th of those")
    parser.add_argument("--text", action="store_true", help="print lines that are not exact")
    options = parser.parse_args()
    if missing := sorted({*MONOSPACED} - {*installed(MONOSPACED)}):
        print(f"Not installed, so not drawn: {', '.join(missing)}", file=sys.stderr)
    reader = Recogniser()
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    screens = chain(drawn_long(), drawn_large_editors(), drawn_code())
    asked = (screen for screen in screens if options.group in screen.group and options.name in screen.name)
    for number, screen in enumerate(asked):
        if number % options.every:
            continue
        began = time.perf_counter()
        text = read_page(screen.image, reader, NEVER_CANCELLED).text
        seconds = time.perf_counter() - began
        read = _comparable(screen, text)
        wanted = [line for line in screen.lines if line.strip()]
        complete, exact = _complete(wanted, read), _exact(wanted, read)
        print(f"{screen.name}: {complete}/{len(wanted)} complete, {exact} exact, {seconds:.1f} s", flush=True)
        if options.text:
            print("\n".join(_differences(wanted, read)))
        totals[screen.group] = [
            a + b for a, b in zip(totals[screen.group], (len(wanted), complete, exact), strict=True)
        ]
    print("\n| group | lines | complete | exact |\n|---|---|---|---|")
    for group, (count, complete, exact) in totals.items():
        print(f"| {group} | {count} | {complete / count:.1%} | {exact / count:.1%} |")
    sys.exit(not totals)


def _comparable(screen: DrawnScreen, text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not screen.is_code:
        return [" ".join(line.split()) for line in lines]
    if not screen.name.startswith("numbers"):
        return lines
    # Beside numbers the code begins where the least indented of its lines does.
    bare = [_NUMBER.sub(lambda match: " " * len(match[0]), line).rstrip() for line in lines if _NUMBER.match(line)]
    bare = [line for line in bare if line]
    margin = min((len(line) - len(line.lstrip()) for line in bare), default=0)
    return [line[margin:] for line in bare]


def _exact(wanted: Sequence[str], read: Sequence[str]) -> int:
    return sum(block.size for block in SequenceMatcher(None, wanted, read, autojunk=False).get_matching_blocks())


def _complete(wanted: Sequence[str], read: Sequence[str]) -> int:
    """Return how many lines were read at least nearly, each in order and once."""
    bare, found = (["".join(line.split()) for line in lines] for lines in (wanted, read))
    count = 0
    for kind, a, b, c, d in SequenceMatcher(None, bare, found, autojunk=False).get_opcodes():
        if kind == "equal":
            count += b - a
            continue
        left = found[c:d]
        for line in bare[a:b]:
            ratios = [SequenceMatcher(None, line, other, autojunk=False).ratio() for other in left]
            if ratios and max(ratios) >= MIN_ALIKE:
                count += 1
                del left[: ratios.index(max(ratios)) + 1]
    return count


def _differences(wanted: Sequence[str], read: Sequence[str]) -> Iterator[str]:
    for kind, a, b, c, d in SequenceMatcher(None, wanted, read, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (f"  - {line}" for line in wanted[a:b])
            yield from (f"  + {line}" for line in read[c:d])


if __name__ == "__main__":
    main()
