"""A whole session under the usual umask: nobody else may read what it keeps, everybody what it was asked to write."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.models.engine_status import EngineState
from app.domain.ports import IGNORE
from app.paths import Paths
from tests.end_to_end.conftest import OpenDesktop
from tests.support.modes import open_to_others


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_all_that_a_session_keeps_is_private_and_all_that_it_exports_is_not(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, tmp_path: Path
) -> None:
    """It begins in a folder that an earlier version has left open."""
    paths.data.chmod(0o755)
    paths.settings.chmod(0o644)
    desktop = open_desktop()
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)  # The one that ships along.
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    desktop.type_and_send("Read the text.")
    desktop.wait_for_answer()
    lorgnette = desktop.lorgnette
    lorgnette.document.open(receipt)
    desktop.wait(lambda: lorgnette.document.page_count == 1)
    chat = lorgnette.library[lorgnette.session.conversation_id]
    exports = tmp_path / "exports"
    exports.mkdir()
    for form in ("md", "html", "json", "pdf"):
        lorgnette.exporter.export(chat, "", exports / f"chat.{form}")
    lorgnette.document.write_pdf(exports / "document.pdf", lambda: None, IGNORE)
    written = [exports / f"chat.{form}" for form in ("md", "html", "json", "pdf")]
    desktop.wait(lambda: all(path.exists() for path in (*written, exports / "document.pdf")))
    assert open_to_others(paths.data) == []
    desktop.close()
    assert open_to_others(paths.data) == []
    assert list(paths.converted_weights.rglob("*.npy")) or not paths.converted_weights.exists()
    modes = {path.relative_to(exports): stat.S_IMODE(path.stat().st_mode) for path in exports.rglob("*")}
    assert {path: mode for path, mode in modes.items() if mode not in {0o644, 0o755}} == {}
