"""Nobody else on the machine may read what Lorgnette keeps; what it writes where it is asked to, as the umask says."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.chat.chat import Draft
from app.domain.ids import ConversationId, Digest
from app.domain.settings.settings import Settings
from app.paths import Paths, make_private_folder
from app.storage.files.atomic import save_file
from app.storage.files.data_folder import DataFolder
from app.storage.files.restrict_permissions import restrict_permissions
from app.storage.images.attachments import FileAttachmentStore
from app.storage.settings.settings_file import SettingsFile
from app.storage.stores import SqliteStores
from tests.support.chats import conversation, question
from tests.support.modes import open_to_others


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_that_is_kept_is_private_and_exports_are_not(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "new" / "data")
    folder = DataFolder(paths.data)
    stores = SqliteStores(paths.database, paths.attachments, folder)
    stores.chats.save_turn(conversation(), (question(),))
    stores.chats.save_draft(ConversationId("c1"), Draft(text="words"))
    SettingsFile(paths.settings, folder).save(Settings(zoom=150))
    files = FileAttachmentStore(paths.attachments, paths.incoming, folder)
    files.save_thumbnail(Digest("ab" * 32), b"png")
    files.save_incoming(b"image", "pasted.png")
    files.new_incoming("page.png").write_bytes(b"drawn by another process")
    assert paths.database.with_name("lorgnette.sqlite-wal").exists()
    assert open_to_others(tmp_path / "new") == []
    stores.close()
    assert list(paths.data.glob("*.backup-*"))
    assert open_to_others(tmp_path / "new") == []
    save_file(tmp_path / "export.md", b"text")
    assert mode(tmp_path / "export.md") == 0o644


def test_folders_of_earlier_versions_are_tightened_once(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "data")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "public.txt").write_text("for all")
    for name in ("lorgnette.sqlite", "settings.json", "attachments/ab/image", "models/a/b/model.safetensors", "lock"):
        (paths.data / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.data / name).write_text("x")
    (paths.cache / "converted_weights").mkdir(parents=True)
    (paths.data / "models" / "elsewhere").symlink_to(outside)
    restrict_permissions(paths)
    assert open_to_others(paths.data) == []
    assert mode(outside) == 0o755
    assert mode(outside / "public.txt") == 0o644
    (paths.data / "lock").chmod(0o644)
    restrict_permissions(paths)
    assert mode(paths.data / "lock") == 0o644  # Nobody gets as far as that.


def test_a_file_that_is_gone_meanwhile_leaves_none_of_the_others_open(
    tmp_path: Path, vanish: Callable[[Path, str], None]
) -> None:
    """As when the application, which is at work on its folder at that time, renames a partial file."""
    paths = Paths.under(tmp_path / "data")
    for name in ("a.part", "b.part", "lorgnette.sqlite", "models/x/y.part"):
        (paths.data / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.data / name).write_text("x")
    vanish(paths.data / "a.part", "lstat")
    vanish(paths.data / "models" / "x" / "y.part", "lstat")
    restrict_permissions(paths)
    assert open_to_others(paths.data) == []
    assert not (paths.data / "a.part").exists()


def test_a_folder_that_has_other_things_keeps_its_mode_and_they_theirs(tmp_path: Path) -> None:
    """As with --data ~."""
    for name in ("lorgnette.sqlite", "settings.json", "attachments/ab/image", "models/mine", "letter.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    tmp_path.chmod(0o755)
    restrict_permissions(Paths(tmp_path, tmp_path / "no cache"))
    modes = {
        name: mode(tmp_path / name)
        for name in ("lorgnette.sqlite", "settings.json", "attachments", "models", "letter.txt", "")
    }
    assert modes == {
        "lorgnette.sqlite": 0o600, "settings.json": 0o600, "attachments": 0o700, "models": 0o755, "letter.txt": 0o644,
        "": 0o755,
    }  # fmt: skip


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="File exists"):
        make_private_folder(tmp_path / "file")
