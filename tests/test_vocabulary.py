"""Names and shown texts use the field's words: docs/glossary.md is the law, and its table of banned words is read here.

Names of test functions are sentences, and no identifiers in this sense; what only another library's name brings along
(a method that Qt calls) is allowed in the table.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
HEADING = "## Banned words"
TEXTS = "texts"
"""In the column “Where”: the texts that are shown, as the catalogues of translations have them."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Ban:
    """A row of the table: `words` are written as in a name, "at_once"; `allowed` are whole names that stay."""

    words: tuple[str, ...]
    instead: str
    where: tuple[str, ...]
    allowed: frozenset[str]

    @property
    def is_for_texts(self) -> bool:
        """Whether texts that are shown must not have these words, either."""
        return TEXTS in self.where

    def is_for(self, file: str) -> bool:
        """Whether names in this file, by its path from the root, must not have these words."""
        excluded = any(fnmatch(file, glob[1:]) for glob in self.where if glob.startswith("!"))
        return not excluded and any(fnmatch(file, glob) for glob in self.where)

    def hits(self, text: str) -> bool:
        """Whether a name or a text has one of the words."""
        parts = f"_{'_'.join(word.lower() for word in _WORD.findall(text))}_"
        return text not in self.allowed and any(f"_{word}_" in parts for word in self.words)


def read_bans(text: str) -> tuple[Ban, ...]:
    """The rows of the table below HEADING: banned, say instead, where, allowed names."""
    section = text.partition(f"\n{HEADING}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in section.splitlines() if line[:1] == "|"]
    assert rows, f"the glossary has no table below “{HEADING}”"
    bans = []
    for banned, instead, where, *allowed in rows[2:]:
        kept = frozenset(_CODE.findall(" ".join(allowed)))
        bans.append(Ban(tuple(_CODE.findall(banned)), instead, tuple(where.split()), kept))
    return tuple(bans)


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """What a file defines, with the numbers of lines: itself, functions, classes, arguments, variables, attributes."""
    yield 1, path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("test_"):
                yield node.lineno, name
            case ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name


def banned_names(root: Path, bans: Iterable[Ban]) -> list[str]:
    """What is wrong in app/ and tests/ below `root`, a line each."""
    found: set[str] = set()
    for path in sorted((*root.glob("app/**/*.py"), *root.glob("tests/**/*.py"))):
        file = path.relative_to(root).as_posix()
        in_force = [ban for ban in bans if ban.is_for(file)]
        if not in_force:
            continue
        for line, name in names_in(path):
            found.update(f"{file}:{line}: {name}: say {ban.instead}" for ban in in_force if ban.hits(name))
    return sorted(found)


def banned_texts(catalogues: Iterable[Path], bans: Iterable[Ban]) -> list[str]:
    """What is wrong in the texts that are translated, a line each."""
    in_force = [ban for ban in bans if ban.is_for_texts]
    texts = {text for path in catalogues for entry in polib.pofile(path) for text in (entry.msgid, entry.msgid_plural)}
    return sorted(f"{text}: say {ban.instead}" for text in texts for ban in in_force if ban.hits(text))


@pytest.fixture(scope="module")
def bans() -> tuple[Ban, ...]:
    return read_bans(GLOSSARY.read_text(encoding="utf-8"))


def test_the_table_can_be_read(bans: tuple[Ban, ...]) -> None:
    assert all(ban.words and ban.instead and ban.where for ban in bans)
    assert not [word for ban in bans for word in ban.words if not re.fullmatch(r"[a-z]+(_[a-z]+)*", word)]


def test_names_are_the_fields(bans: tuple[Ban, ...]) -> None:
    assert banned_names(ROOT, bans) == []


def test_shown_texts_are_the_fields(bans: tuple[Ban, ...]) -> None:
    catalogues = sorted((ROOT / "resources" / "translations").glob("*.po"))
    assert catalogues
    assert banned_texts(catalogues, bans) == []


def test_allowed_names_are_there(bans: tuple[Ban, ...]) -> None:
    files = (*ROOT.glob("app/**/*.py"), *ROOT.glob("tests/**/*.py"))
    names = {name for path in files for _, name in names_in(path)}
    assert [name for ban in bans for name in sorted(ban.allowed) if name not in names] == []


@pytest.mark.parametrize(
    "line",
    [
        "def make_desk(): ...",
        "class OpenDesk: ...",
        "DESK_COUNT = 1",
        "def f(desk): ...",
        "def f():\n    self.desk = 1",
        "for desk in (): ...",
        "import x as desk",
        "def test_x(desk): ...",
    ],
)
def test_twin_a_planted_name_is_found(tmp_path: Path, line: str) -> None:
    planted = tmp_path / "app" / "planted.py"
    planted.parent.mkdir()
    planted.write_text(line, encoding="utf-8")
    (ban,) = read_bans(TABLE)
    assert len(banned_names(tmp_path, [ban])) == 1


def test_twin_a_planted_module_and_a_planted_text_are_found(tmp_path: Path) -> None:
    module, catalogue = tmp_path / "tests" / "test_desk.py", tmp_path / "de.po"
    module.parent.mkdir()
    module.write_text("", encoding="utf-8")
    catalogue.write_text('msgid "A desk for two"\nmsgstr ""\n', encoding="utf-8")
    bans = read_bans(TABLE)
    assert banned_names(tmp_path, bans) == ["tests/test_desk.py:1: test_desk: say controller"]
    assert banned_texts([catalogue], bans) == ["A desk for two: say controller"]


def test_twin_what_is_allowed_or_elsewhere_or_only_looks_alike_is_not_found(tmp_path: Path) -> None:
    for file in ("app/engine/desk.py", "app/here.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("stored_desk = 1\ndesktop = 2\ndef test_a_desk(): ...\n", encoding="utf-8")
    assert banned_names(tmp_path, read_bans(TABLE)) == []


TABLE = f"""# Words

{HEADING}

| Banned | Say | Where | Allowed |
| --- | --- | --- | --- |
| `desk`, `desks` | controller | app/* tests/* !app/engine/* {TEXTS} | `stored_desk` |

## After
"""
