"""From the button to the first answer: a model is downloaded in the real application, paused, resumed, used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.models.engine_status import EngineState
from app.domain.settings.settings import DownloadOptions
from app.paths import DEMO_MODEL
from app.storage.models.model_catalog import known_models
from app.ui.models.models_window import ModelsWindow
from app.ui.widgets.notice import Severity
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.hub_server import COMMIT, HubServer, serving

FIRST = known_models()[0]


@pytest.fixture
def server() -> Iterator[HubServer]:
    files = {path.name: path.read_bytes() for path in DEMO_MODEL.iterdir()}
    with serving(HubServer(files, lfs=("model.safetensors",))) as made:
        yield made


def models_window(desktop: Desktop, server: HubServer, *, offline: bool = False) -> ModelsWindow:
    preferences = desktop.lorgnette.preferences
    options = DownloadOptions(endpoint=server.address)
    preferences.change(downloads=options, offline=offline)
    desktop.window.model_picker.full_model_clicked.emit()
    (dialog,) = desktop.window.findChildren(ModelsWindow)
    row = dialog.rows[FIRST.model_id]
    desktop.wait(lambda: bool(row.verdict.text()))
    return dialog


def test_a_model_is_got_and_answers(open_desktop: OpenDesktop, server: HubServer) -> None:
    desktop = open_desktop()
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    server.slow_seconds = 0.002
    dialog = models_window(desktop, server)
    row = dialog.rows[FIRST.model_id]
    row.download.click()
    desktop.wait(lambda: row.bar.value() > 100)
    row.pause.click()
    desktop.wait(lambda: row.download.isVisible() and row.download.text() == "Resume")
    server.slow_seconds = 0.0
    row.download.click()
    desktop.wait(lambda: row.use.isVisible() and row.use.text() == "In use")
    name = FIRST.model_id.partition("/")[2]
    info = desktop.lorgnette.model.status.info
    assert info
    assert (info.name, Path(info.folder).name) == (name, COMMIT)

    dialog.unload.click()
    assert desktop.lorgnette.model.status.state is EngineState.UNLOADED
    desktop.type_and_send("Describe the station.")
    assert desktop.wait_for_answer().model_name == name

    row.verify.click()
    desktop.wait(lambda: "All files match" in row.status.text())
    row.delete.click()
    row.delete.click()
    desktop.wait(row.download.isVisible)
    assert not Path(info.folder).exists()
    assert desktop.lorgnette.preferences.settings.model_folder == ""


def test_offline_nothing_is_asked(open_desktop: OpenDesktop, server: HubServer) -> None:
    desktop = open_desktop()
    dialog = models_window(desktop, server, offline=True)
    dialog.rows[FIRST.model_id].download.click()
    desktop.wait(lambda: bool(dialog.notices.current))
    assert dialog.notices.current[0].severity is Severity.WARNING
    assert "offline" in dialog.notices.current[0].sentence
    assert server.seen == []
