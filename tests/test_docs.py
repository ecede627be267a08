"""The documents keep to their bounds, and what they name is there."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("docs", "packaging", "resources", "tests", ".github")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
REPOSITORY_PATH = re.compile(r"^(?:app|tests|packaging|docs|resources|\.github)/[\w./-]*$")
MACHINE_PATH = re.compile(r"(?:^|[\s`'\"(=:])(/(?:work|home|root|tmp|mnt|Users|srv)/\S+|[A-Z]:\\\S+)", re.MULTILINE)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """The text without fenced code."""
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """What a document's headings are linked by, as GitHub makes it of them."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(text)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        base = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
        name, count = base, 0
        while name in found:
            count += 1
            name = f"{base}-{count}"
        found.add(name)
    return found


def broken_links(document: Path) -> Iterator[str]:
    """The relative links of a document whose file or heading is not there."""
    for target in LINK.findall(SPAN.sub("", prose(document.read_text(encoding="utf-8")))):
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        linked = (document.parent / place).resolve() if place else document
        if not linked.exists() or (anchor and anchor not in anchors(linked.read_text(encoding="utf-8"))):
            yield target


def missing_paths(text: str) -> Iterator[str]:
    """The paths of this repository in backticks at which nothing is; a command's first word may be one."""
    for span in SPAN.findall(prose(text)):
        word = span.split()[0] if span.strip() else ""
        if REPOSITORY_PATH.match(word) and not (ROOT / word).exists():
            yield word


def machine_paths(text: str) -> list[str]:
    """Absolute paths that only one machine has."""
    return MACHINE_PATH.findall(text)


def test_there_are_documents() -> None:
    named = {relative(path) for path in DOCUMENTS}
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"} <= named
    assert len([name for name in named if re.match(r"docs/decisions/\d{4}-", name)]) >= 25


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_somewhere(document: Path) -> None:
    assert list(broken_links(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_paths_in_documents_exist(document: Path) -> None:
    assert list(missing_paths(document.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_no_path_of_one_machine_is_in_a_document(document: Path) -> None:
    assert machine_paths(document.read_text(encoding="utf-8")) == []


def test_faults_are_found(tmp_path: Path) -> None:
    """What the tests above look for, in a text that has it."""
    (tmp_path / "other.md").write_text("## It's *here*, too\n", encoding="utf-8")
    document = tmp_path / "document.md"
    good = "# Top\n\n[a](#top) [b](other.md#its-here-too) [c](other.md) [d](https://example.org/x#y) `[e](gone.md)`\n"
    document.write_text(good + "[f](#nowhere) [g](other.md#top) [h](gone.md)\n", encoding="utf-8")
    assert list(broken_links(document)) == ["#nowhere", "other.md#top", "gone.md"]
    paths = "`app/cli.py` `app/gone.py --help` `app.gone`\n```\n`app/also_gone.py`\n```\n"
    assert list(missing_paths(paths)) == ["app/gone.py"]
    assert machine_paths("see /home/me/notes, `/usr/share/doc`, ~/models, `C:\\notes`") == [
        "/home/me/notes,",
        "C:\\notes`",
    ]


def test_decisions_have_their_parts_and_are_listed() -> None:
    folder = ROOT / "docs/decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    listed = (folder / "README.md").read_text(encoding="utf-8")
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)
    for path in records:
        text = path.read_text(encoding="utf-8")
        head = rf"# {path.name[:4]} .+\n\n- Status: (accepted|superseded by \d{{4}})\n- Date: \d{{4}}-\d\d-\d\d\n"
        assert re.match(head, text), path.name
        assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequences"], path.name
        assert f"({path.name})" in listed


@pytest.mark.parametrize("columns", ["30", "200"])
def test_the_reference_of_the_command_line_is_current(tmp_path: Path, columns: str) -> None:
    made = tmp_path / "cli.md"
    environment = os.environ | {"COLUMNS": columns, "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, ROOT / "docs/generate_cli.py", made], env=environment, check=True, timeout=120)
    current = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert made.read_text(encoding="utf-8") == current, "Run: python docs/generate_cli.py"


def test_the_changelog_has_the_version_and_what_is_to_come() -> None:
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    own = re.search(r'__version__ = "(.+)"', (ROOT / "app/__init__.py").read_text(encoding="utf-8"))
    assert own
    assert versions[:2] == ["Unreleased", own[1]]


def test_the_licence_is_the_same_everywhere() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.split() == (ROOT / "packaging/licences/Apache-2.0.txt").read_text(encoding="utf-8").split()
    linux = ROOT / "packaging/linux"
    for name in ("copyright", "lorgnette.rpm.spec", "lorgnette.metainfo.xml"):
        assert "Apache-2.0" in (linux / name).read_text(encoding="utf-8"), name


def test_the_classifiers_are_known() -> None:
    known = pytest.importorskip("trove_classifiers").classifiers
    assert set(PROJECT["classifiers"]) <= known
