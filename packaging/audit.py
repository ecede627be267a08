"""Say which locked packages have known vulnerabilities, without a network: `audit.py`. Ends with 1 where there are any.

The database is OSV's export for PyPI (https://google.github.io/osv.dev/data/), as it is downloaded: a ZIP of one JSON
file for each vulnerability (https://ossf.github.io/osv-schema/). LORGNETTE_OSV_ZIP names it, else it lies in the cache
folder. Without one, nothing is audited, which is said. FFmpeg and the like, inside packages, are not in it.
"""

import json
import os
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lock import LOCKS, normalised, pins
from packaging.version import InvalidVersion, Version

SOURCE = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
CACHED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lorgnette-audit" / "PyPI.zip"


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability of a locked version. `fixed` are the versions that no longer have it."""

    package: str
    version: str
    name: str
    summary: str
    fixed: tuple[str, ...]


def locked(folder: Path) -> dict[str, dict[str, set[str]]]:
    """The versions of each package in a folder of locks, each with the names of its locks."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for lock in sorted(folder.glob("*.txt")):
        for package, version in pins(lock.read_text(encoding="utf-8")).items():
            found[package][version].add(lock.stem)
    return found


def findings(entries: Iterator[dict[str, Any]], packages: dict[str, dict[str, set[str]]]) -> Iterator[Finding]:
    """What the entries say of the packages' versions."""
    for entry in entries:
        if "withdrawn" in entry:
            continue
        for affected in entry.get("affected", ()):
            package = normalised(affected.get("package", {}).get("name", ""))
            if affected.get("package", {}).get("ecosystem") != "PyPI":
                continue
            for version in packages.get(package, ()):
                if is_affected(version, affected):
                    names = [entry["id"], *(alias for alias in entry.get("aliases", ()) if alias.startswith("CVE-"))]
                    yield Finding(package, version, ", ".join(names), entry.get("summary", ""), tuple(fixes(affected)))


def is_affected(version: str, affected: dict[str, Any]) -> bool:
    """Whether a version is listed, or lies in a range, by OSV's algorithm (its schema, "evaluation")."""
    public = version.partition("+")[0]
    if public in affected.get("versions", ()):
        return True
    ranges = (one for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM")
    try:
        return any(lies_in(Version(public), one.get("events", ())) for one in ranges)
    except InvalidVersion:  # Of old; where no list of versions tells, somebody has to look.
        return not affected.get("versions")


def lies_in(version: Version, events: list[dict[str, str]]) -> bool:
    """Whether the last event before a version opens a range. Raises InvalidVersion for an entry that has odd ones."""
    ordered = sorted(
        (Version("0.dev0") if at == "0" else Version(at), kind)
        for event in events
        for kind, at in event.items()
        if kind != "limit"
    )
    inside = False
    for at, kind in ordered:
        if kind == "introduced" and at <= version:
            inside = True
        elif (kind == "fixed" and at <= version) or (kind == "last_affected" and at < version):
            inside = False
    return inside


def fixes(affected: dict[str, Any]) -> Iterator[str]:
    """The versions that end a range."""
    for one in affected.get("ranges", ()):
        if one.get("type") == "ECOSYSTEM":
            yield from (event["fixed"] for event in one.get("events", ()) if "fixed" in event)


def read(database: Path) -> tuple[list[dict[str, Any]], str]:
    """All entries, and the day of the newest. Raises OSError, BadZipFile, ValueError for what is no such database."""
    with zipfile.ZipFile(database) as archive:
        entries = [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")]
    if not entries:
        raise ValueError("it has no entries")
    return entries, max(str(entry.get("modified", "")) for entry in entries)[:10]


def main() -> int:
    """Tell what is found; the exit status."""
    database = Path(os.environ.get("LORGNETTE_OSV_ZIP") or CACHED)
    if not database.exists():
        print(
            f"The audit did not run: no database. Download {SOURCE} to {database}, or name a copy in LORGNETTE_OSV_ZIP."
        )
        return 0
    packages = locked(LOCKS)
    try:
        entries, day = read(database)
        found = sorted(findings(iter(entries), packages), key=lambda one: (one.package, one.name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        print(f"The audit did not run: {database} cannot be read: {error}.")
        return 1
    for one in found:
        where = ", ".join(sorted(packages[one.package][one.version]))
        remedy = f"fixed in {', '.join(one.fixed)}" if one.fixed else "no version without it is known"
        print(f"{one.package} {one.version} (in {where}): {one.name}: {one.summary or 'no summary'}; {remedy}")
    count = sum(map(len, packages.values()))
    print(f"{len(found) or 'No'} known vulnerabilities in {count} locked packages, by a database of {day}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
