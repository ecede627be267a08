"""The audit reports a locked version that a database of vulnerabilities has, and says it where it did not run."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import audit
import lock
import pytest

SCRIPT = Path(audit.__file__)
PILLOW = lock.pins(lock.CONSTRAINTS.read_text(encoding="utf-8"))["pillow"]
TORCH = lock.pins(lock.CONSTRAINTS.read_text(encoding="utf-8"))["torch"]


def entry(package: str, *events: dict[str, str], versions: tuple[str, ...] = (), **more: object) -> dict[str, object]:
    """A vulnerability in OSV's form."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}, {"type": "GIT", "events": [{"introduced": "0"}]}]
    affected = {"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges, "versions": list(versions)}
    return {
        "id": "GHSA-1",
        "aliases": ["CVE-1", "X-1"],
        "modified": "2026-11-01T00:00:00Z",
        "affected": [affected],
        **more,
    }


def database(folder: Path, *entries: dict[str, object]) -> Path:
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, one in enumerate(entries):
            archive.writestr(f"{number}.json", json.dumps(one))
    return path


def run(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"LORGNETTE_OSV_ZIP": str(path), "HOME": str(folder), "XDG_CACHE_HOME": "", "SYSTEMROOT": ""}
    return subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, env=environment, check=False)


def test_a_vulnerable_version_is_reported_and_ends_with_1(tmp_path: Path) -> None:
    events = ({"introduced": "0"}, {"fixed": "9999"})
    done = run(
        database(tmp_path, entry("Pillow", *events, summary="Reads beyond the end"), entry("nobodys", *events)),
        tmp_path,
    )
    assert done.returncode == 1
    assert f"pillow {PILLOW} (in " in done.stdout
    assert "run" in done.stdout
    assert "GHSA-1, CVE-1: Reads beyond the end; fixed in 9999" in done.stdout
    assert "nobodys" not in done.stdout
    assert "1 known vulnerabilities" in done.stdout


def test_versions_that_are_not_affected_are_not_reported(tmp_path: Path) -> None:
    withdrawn = entry("pillow", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z")
    done = run(database(tmp_path, entry("pillow", {"introduced": "0"}, {"fixed": "1.0"}), withdrawn), tmp_path)
    assert done.returncode == 0
    assert "No known vulnerabilities in" in done.stdout
    assert "2026-11-01" in done.stdout


@pytest.mark.parametrize("name", ["missing.zip", ""])
def test_without_a_database_it_says_that_it_did_not_run(tmp_path: Path, name: str) -> None:
    done = run(tmp_path / name, tmp_path) if name else run_without(tmp_path)
    assert done.returncode == 0
    assert "did not run: no database" in done.stdout


def run_without(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(folder), "SYSTEMROOT": ""}
    return subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_database_is_no_clean_result(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "all.zip").write_bytes(content)
    done = run(tmp_path / "all.zip", tmp_path)
    assert done.returncode == 1
    assert "did not run" in done.stdout


@pytest.mark.parametrize(
    ("version", "events", "versions", "is_affected"),
    [
        ("1.5", [{"introduced": "0"}], [], True),
        ("1.5", [{"introduced": "0"}, {"fixed": "1.5"}], [], False),
        ("1.5", [{"introduced": "1.6"}], [], False),
        ("1.5", [{"introduced": "0"}, {"last_affected": "1.5"}], [], True),
        ("1.5", [{"introduced": "0"}, {"last_affected": "1.4"}], [], False),
        ("1.5", [{"fixed": "1.10"}, {"introduced": "1.5"}, {"fixed": "1.2"}, {"introduced": "0"}], [], True),
        ("1.5", [{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.10"}], [], False),
        ("1.5+cpu", [{"introduced": "1.5"}], [], True),
        ("1.5+cpu", [], ["1.5"], True),
        ("1.5", [], ["1.50"], False),
        ("1.5", [{"introduced": "0"}, {"fixed": "2004d"}, {"fixed": "oddly"}], ["1.4"], False),
        ("1.5", [{"introduced": "0"}, {"fixed": "oddly"}], [], True),
    ],
)
def test_ranges_are_read_as_osv_reads_them(
    version: str, events: list[dict[str, str]], versions: list[str], is_affected: bool
) -> None:
    affected = {"ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": versions}
    assert audit.is_affected(version, affected) is is_affected


def test_every_lock_is_audited_and_torchs_builds_as_torch() -> None:
    packages = audit.locked(lock.LOCKS)
    assert packages["torch"].keys() == {TORCH, f"{TORCH}+cpu"}
    assert {"run", "dev", "bundle"} <= packages["pillow"][PILLOW]
    entries = iter([entry("torch", {"introduced": "0"})])
    assert {one.version for one in audit.findings(entries, packages)} == {TORCH, f"{TORCH}+cpu"}
