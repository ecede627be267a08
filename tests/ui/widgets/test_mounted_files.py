from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from app.ui.widgets.mounted_files import mounted_path

MOUNTS = (
    "smb-share:server=nas,share=scans",
    "smb-share:server=nas,share=scans,user=ann,domain=HOME",
    "mtp:host=SAMSUNG_SAMSUNG_Android_123",
    "sftp:host=example.org,port=2222,user=me",
    "dav:host=cloud.example.org,prefix=%2Fremote.php%2Fdav,ssl=true,user=me",
)


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime directory in which gvfs shows MOUNTS."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for mount in MOUNTS:
        (tmp_path / "gvfs" / mount).mkdir(parents=True)
    return tmp_path / "gvfs"


@pytest.mark.parametrize(
    ("address", "mount", "inside"),
    [
        ("smb://NAS/Scans/2024/a%20b.png", 0, "2024/a b.png"),
        ("smb://HOME;ann@nas/scans/ü.png", 1, "ü.png"),
        ("mtp://SAMSUNG_SAMSUNG_Android_123/Phone/DCIM/a.jpg", 2, "Phone/DCIM/a.jpg"),
        ("sftp://me@example.org:2222/home/me/a.png", 3, "home/me/a.png"),
        ("davs://me@cloud.example.org/remote.php/dav/Photos/a.png", 4, "Photos/a.png"),
    ],
)
def test_a_file_of_a_mount_is_found(mounts: Path, address: str, mount: int, inside: str) -> None:
    assert mounted_path(QUrl(address)) == mounts / MOUNTS[mount] / inside


@pytest.mark.parametrize(
    "address",
    [
        "smb://nas/scansnap/a.png",
        "smb://other/scans/a.png",
        "smb://bob@nas/scans/a.png",
        "sftp://me@example.org/home/me/a.png",
        "mtp://another/Phone/a.jpg",
        "trash:///a.png",
        "https://nas/scans/a.png",
    ],
)
def test_a_file_of_no_mount_is_not_found(mounts: Path, address: str) -> None:
    assert mounted_path(QUrl(address)) is None


def test_nothing_is_found_without_a_runtime_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert mounted_path(QUrl("smb://nas/scans/a.png")) is None
