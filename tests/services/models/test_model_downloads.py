"""Downloads beside the window: signals, pausing, and what is never logged."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import ProblemKind
from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.domain.models.model_fit import ComputeDevice, Machine
from app.domain.models.model_library import ModelLibraryState
from app.hub.download import Downloader
from app.hub.hub import Hub
from app.network.addresses import named_server
from app.network.client import NetworkClient, NetworkRules
from app.services.models.model_downloads import ModelDownloads
from app.services.models.model_library import ModelLibrary
from app.storage.models.gpu_support import GpuSupportFolders
from app.storage.models.model_folders import ModelFolders
from tests.network.conftest import FILES, WEIGHTS
from tests.support.hub_server import MODEL_ID, HubServer, Trouble, serving

TOKEN = "hf_canary"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with serving(HubServer(dict(FILES), lfs=(WEIGHTS,))) as made:
        yield made


@pytest.fixture
def folders(tmp_path: Path) -> ModelFolders:
    return ModelFolders(tmp_path / "models")


@pytest.fixture
def downloads(server: HubServer, folders: ModelFolders, qtbot: QtBot) -> Iterator[ModelDownloads]:
    def make(_model_id: str) -> Downloader:
        rules = NetworkRules(named_servers=named_server(server.address))
        hub = Hub(NetworkClient(lambda: rules), lambda: server.address, lambda: TOKEN)
        return Downloader(hub, folders, lambda: 10**12)

    made = ModelDownloads(make)
    yield made
    made.close()


def no_gpu_support() -> GpuSupportFolders:
    raise AssertionError("nothing here is about the GPU support")


@pytest.fixture
def library(folders: ModelFolders, qtbot: QtBot) -> Iterator[ModelLibrary]:
    def look() -> ModelLibraryState:
        return ModelLibraryState(
            folder="",
            installed=folders.installed(),
            machine=Machine(memory=1, free_memory=1, free_disk=1, processor=ComputeDevice.CPU),
        )

    made = ModelLibrary(lambda: folders, no_gpu_support, look, bool)
    yield made
    made.close()


def test_a_download_in_signals(downloads: ModelDownloads, folders: ModelFolders, qtbot: QtBot) -> None:
    stages: list[DownloadStage] = []
    downloads.progressed.connect(lambda _, progress: stages.append(progress.stage))
    with qtbot.waitSignal(downloads.finished) as finished:
        downloads.start(MODEL_ID)
        assert downloads.active == MODEL_ID
    (model,) = folders.installed()
    assert finished.args == [MODEL_ID, model.folder]
    assert downloads.active == ""
    assert stages[0] is DownloadStage.ASKING
    assert DownloadStage.LOADING in stages


def test_pause_and_resume(downloads: ModelDownloads, server: HubServer, folders: ModelFolders, qtbot: QtBot) -> None:
    server.slow_seconds = 0.01
    paused: list[DownloadProgress] = []

    def pause(_model: str, progress: DownloadProgress) -> None:
        if progress.done > 20_000 and not paused:
            paused.append(progress)
            downloads.pause()

    downloads.progressed.connect(pause)
    with qtbot.waitSignal(downloads.stopped), qtbot.assertNotEmitted(downloads.problem_met):
        downloads.start(MODEL_ID)
    listing = folders.pinned(MODEL_ID)
    assert listing
    assert 0 < folders.bytes_there(listing) < listing.size
    server.slow_seconds = 0
    with qtbot.waitSignal(downloads.finished):
        downloads.start(MODEL_ID)


def test_a_problem_is_told_and_nothing_of_it_is_logged(
    downloads: ModelDownloads, server: HubServer, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.troubles.append(
        Trouble(WEIGHTS, times=9, status=302, headers={"Location": "https://127.0.0.9/x?key=canary"})
    )
    with qtbot.waitSignal(downloads.problem_met) as met:
        downloads.start(MODEL_ID)
    assert met.args
    assert met.args[0].kind is ProblemKind.NETWORK
    assert "not public" in met.args[0].what
    for word in ("canary", TOKEN, WEIGHTS, MODEL_ID):
        assert word not in caplog.text
        assert word not in met.args[0].sentence


def test_closing_while_a_server_is_silent(downloads: ModelDownloads, server: HubServer, qtbot: QtBot) -> None:
    server.troubles.append(Trouble(WEIGHTS, stall=1000))
    downloads.start(MODEL_ID)
    qtbot.waitUntil(lambda: any(WEIGHTS in path for path in server.paths()))
    # The fixture closes it; the test would end at its time limit otherwise.


def checks(wanted: tuple[str, ...]) -> Callable[..., bool]:
    return lambda _model, wrong: wrong == wanted


def test_the_shelf_verifies_and_deletes(
    downloads: ModelDownloads, library: ModelLibrary, folders: ModelFolders, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(downloads.finished):
        downloads.start(MODEL_ID)
    (model,) = folders.installed()
    with qtbot.waitSignal(library.verified, check_params_cb=checks(())):
        library.verify(model)
    (Path(model.folder) / WEIGHTS).write_bytes(b"other")
    with qtbot.waitSignals(
        [library.verified, library.problem_met],
        check_params_cbs=[checks((WEIGHTS,)), lambda problem: WEIGHTS in problem.what],
    ):
        library.verify(model)
    with qtbot.waitSignal(library.changed, check_params_cb=lambda state: not state.installed):
        library.delete(model)


def test_the_model_library_imports(library: ModelLibrary, tmp_path: Path, qtbot: QtBot) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    wanted = tuple(tmp_path / name for name in ("config.json", "tokenizer.json", WEIGHTS))
    with qtbot.waitSignals([library.imported, library.changed]):
        library.import_files(wanted)
    with qtbot.waitSignal(library.problem_met):
        library.import_files((tmp_path / "gone.json",))
