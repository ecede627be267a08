"""The models window: what it shows of each model, and what it says was clicked."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.models.downloads import DownloadProgress, DownloadStage, Speedometer
from app.domain.models.gpu_support import GPU_SUPPORT_ID, GpuSupportState, InstalledGpuSupport
from app.domain.models.model_catalog import InstalledModel, KnownModel, ModelFile, ModelListing
from app.domain.models.model_fit import ComputeDevice, Machine, Verdict, fits, memory_need
from app.domain.models.model_library import ModelLibraryState
from app.storage.models.model_catalog import known_models
from app.ui.models import model_text
from app.ui.models.model_row import ModelRow, RowState
from app.ui.models.models_window import ModelsWindow
from app.ui.widgets.theme import Theme
from tests.support.wheels import support_of, wheels
from tests.ui.conftest import shown

FIRST, SECOND, *_ = known_models()
LISTING = ModelListing(
    model_id=FIRST.model_id,
    commit="a" * 40,
    files=(ModelFile(name="config.json", size=2_170_000_000, git_sha1="b" * 40),),
)
INSTALLED = InstalledModel(listing=LISTING, folder="/models/a")
MACHINE = Machine(memory=16 * 10**9, free_memory=8 * 10**9, free_disk=10**12, processor=ComputeDevice.CPU)


def describe(model: KnownModel, library: ModelLibraryState) -> RowState:
    need = memory_need(model.shape, ComputeDevice.CPU, 32_768, 8192, 1024 * 1024)
    fit = fits(need, library.machine)
    lines = model_text.arithmetic(fit, need, 32_768, model.shape)
    return RowState(
        size=2_100_000_000, is_exact=False, verdict=fit.verdict, fit=model_text.verdict(fit), arithmetic=lines
    )


def library(**changes: object) -> ModelLibraryState:
    return ModelLibraryState(folder="/models", machine=MACHINE, **changes)  # type: ignore[arg-type]


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> ModelsWindow:
    made = shown(ModelsWindow(known_models(), describe, "https://hub.example"), qtbot)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    return made


def texts(row: ModelRow) -> str:
    return "\n".join(label.text() for label in row.findChildren(QLabel))


def test_what_is_offered(window: ModelsWindow) -> None:
    window.show_library(library())
    row = window.rows[FIRST.model_id]
    assert "Apache-2.0" in texts(row)
    assert "about 2.1 GB" in texts(row)
    assert row.verdict.text() == "Fits this computer"
    assert row.download.isVisible()
    assert not any(item.isVisible() for item in (row.pause, row.use, row.verify, row.delete, row.bar))


def test_nothing_is_offered_before_it_is_known_what_is_there(window: ModelsWindow) -> None:
    row = window.rows[FIRST.model_id]
    assert not any(item.isVisible() for item in (row.download, row.pause, row.use, row.verify, row.delete, row.why))


def test_the_arithmetic_is_shown_on_demand(window: ModelsWindow) -> None:
    window.show_library(library())
    row = window.rows[FIRST.model_id]
    assert not row.arithmetic.isVisible()
    row.why.click()
    assert row.arithmetic.isVisible()
    assert "Context, up to 32,768 tokens: 3.8 GB" in row.arithmetic.text()
    assert "Disk: 2.2 GB, and 866 MB for a converted copy" in row.arithmetic.text()
    assert "1000.0 GB is free." in row.arithmetic.text()


@pytest.mark.parametrize(
    ("memory", "free", "verdict"),
    [(16, 8, Verdict.FITS), (16, 4, Verdict.TIGHT), (4, 3, Verdict.DOES_NOT_FIT)],
)
def test_verdicts(memory: int, free: int, verdict: Verdict) -> None:
    need = memory_need(FIRST.shape, ComputeDevice.CPU, 32_768, 8192, 1024 * 1024)
    machine = Machine(memory=memory * 10**9, free_memory=free * 10**9, free_disk=0, processor=ComputeDevice.CPU)
    assert fits(need, machine).verdict is verdict


def test_a_download_is_shown_and_paused(window: ModelsWindow, qtbot: QtBot) -> None:
    window.show_library(library())
    row = window.rows[FIRST.model_id]
    with qtbot.waitSignal(window.download_clicked) as clicked:
        row.download.click()
    assert clicked.args == [FIRST.model_id]
    window.set_active(FIRST.model_id)
    progress = DownloadProgress(stage=DownloadStage.LOADING, done=500_000_000, total=2_000_000_000)
    window.show_progress(FIRST.model_id, progress, 5_000_000.0)
    assert row.status.text() == "Downloading · 500 MB of 2.0 GB · 5.0 MB/s · 5 min left"
    assert not row.download.isVisible()
    assert not window.rows[SECOND.model_id].download.isEnabled()
    with qtbot.waitSignal(window.pause_clicked):
        row.pause.click()


def test_a_download_that_was_begun_is_resumed_or_thrown_away(window: ModelsWindow, qtbot: QtBot) -> None:
    window.show_library(library(pending={FIRST.model_id: (10**9, 2 * 10**9)}))
    row = window.rows[FIRST.model_id]
    assert row.download.text() == "Resume"
    assert row.status.text() == "Paused · 1.0 GB of 2.0 GB"
    with qtbot.assertNotEmitted(window.discard_clicked):
        row.delete.click()
    assert row.delete.text() == "Really delete?"
    with qtbot.waitSignal(window.discard_clicked) as clicked:
        row.delete.click()
    assert clicked.args == [FIRST.model_id]


@pytest.mark.parametrize("installed", [(), (INSTALLED,)])
def test_a_download_that_is_over_is_not_paused(window: ModelsWindow, installed: tuple[InstalledModel, ...]) -> None:
    pending = library(pending={FIRST.model_id: (10**9, 2 * 10**9)})
    window.show_library(pending)
    window.set_active(FIRST.model_id)
    window.set_active("")  # It has ended, and what is there is looked at again only afterwards.
    assert window.rows[FIRST.model_id].status.text().startswith("Paused")
    window.show_library(library(installed=installed))
    row = window.rows[FIRST.model_id]
    assert (row.status.text(), row.bar.isVisible()) == ("", False)


def test_a_model_that_is_there(window: ModelsWindow, qtbot: QtBot) -> None:
    window.show_library(library(installed=(INSTALLED,)))
    row = window.rows[FIRST.model_id]
    assert not row.download.isVisible()
    assert "2.2 GB" in texts(row)
    with qtbot.waitSignal(window.use_clicked) as used:
        row.use.click()
    assert used.args == ["/models/a"]
    with qtbot.waitSignal(window.verify_clicked) as verified:
        row.verify.click()
    assert verified.args == [INSTALLED]
    window.show_work(FIRST.model_id, 0.5)
    assert row.status.text() == "Verifying · 50 %"
    window.show_verified(FIRST.model_id, ())
    window.show_library(library(installed=(INSTALLED,)))
    assert "All files match" in row.status.text()
    row.delete.click()
    with qtbot.waitSignal(window.delete_clicked) as deleted:
        row.delete.click()
    assert deleted.args == [INSTALLED]
    assert row.verdict.text()
    window.set_open("/models/a", is_loaded=True)
    assert not row.verdict.text()
    assert (row.use.text(), row.use.isEnabled(), window.unload.isEnabled()) == ("In use", False, True)


def test_models_of_ones_own_come_and_go(window: ModelsWindow) -> None:
    own = InstalledModel(listing=ModelListing(model_id="imported/<b>mine", commit="c" * 40, files=()), folder="/m")
    window.show_library(library(installed=(own,)))
    assert "<b>mine" in texts(window.rows["imported/<b>mine"])
    window.show_library(library())
    assert "imported/<b>mine" not in window.rows


def test_the_support_for_a_gpu(window: ModelsWindow, qtbot: QtBot) -> None:
    window.show_library(library())
    assert GPU_SUPPORT_ID not in window.rows
    state = GpuSupportState(support=support_of(wheels()), driver=535)
    window.show_library(library(gpu=state))
    row = window.rows[GPU_SUPPORT_ID]
    assert "torch 9.9.9, CUDA 13.0" in texts(row)
    assert row.verdict.text() == "The NVIDIA driver is too old: 535 is installed, 580 is required"
    window.show_library(library(gpu=replace(state, driver=580, pending=(40_000_000, 80_000_000))))
    assert row.verdict.text() == "An NVIDIA driver was found"
    assert row.download.text() == "Resume"
    with qtbot.waitSignal(window.discard_clicked) as discarded:
        row.delete.click()
        row.delete.click()
    assert discarded.args == [GPU_SUPPORT_ID]
    installed = InstalledGpuSupport(support=state.support, folder="/card/site")
    window.show_library(library(gpu=replace(state, driver=0, installed=installed)))
    assert "Installed" in texts(row)
    assert [item.isHidden() for item in (row.download, row.use, row.verify, row.delete)] == [True, True, True, False]
    with qtbot.waitSignal(window.delete_clicked) as deleted:
        row.delete.click()
        row.delete.click()
    assert deleted.args == [installed]


def test_server_and_token(window: ModelsWindow, qtbot: QtBot) -> None:
    assert window.token.echoMode() is QLineEdit.EchoMode.Password
    window.endpoint.setText("  ")
    with qtbot.waitSignal(window.endpoint_changed) as changed:
        window.endpoint.editingFinished.emit()
    assert changed.args == ["https://huggingface.co"]
    window.token.setText(" hf_secret ")
    with qtbot.waitSignal(window.token_entered) as entered:
        window.token.returnPressed.emit()
    assert entered.args == ["hf_secret"]
    assert window.token.text() == ""


def test_the_speed_is_that_of_the_last_seconds() -> None:
    meter = Speedometer()
    assert meter.bytes_per_second == 0
    for second in range(30):
        meter.note(second, 1000 * second if second < 15 else 15_000 + 100 * (second - 15))
    assert meter.bytes_per_second == 100
    meter.note(31, 0)
    assert meter.bytes_per_second == 0
