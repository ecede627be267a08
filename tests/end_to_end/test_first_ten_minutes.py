"""The first ten minutes with a published model: download, kill, resume, verify, convert, ask, restart.

The hub has the files of AutoRound's repositories, one file of weights or shards, under the catalogue's names; the
weights are those of the demo model.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from app.domain.models.engine_status import EngineState
from app.domain.settings.settings import DownloadOptions
from app.paths import DEMO_MODEL, Paths
from app.storage.models.model_catalog import known_models
from app.storage.models.model_folders import ModelFolders
from app.ui.models.models_window import ModelsWindow
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.hub_server import COMMIT, HubServer, serving

WEIGHTS = "model.safetensors"
BESIDE = {
    ".gitattributes": b"*.safetensors filter=lfs",
    "chat_template.jinja": b"{{ messages }}",
    "added_tokens.json": b"{}",
    "special_tokens_map.json": b"{}",
    "tokenizer_config.json": b"{}",
    "video_preprocessor_config.json": b"{}",
    "merges.txt": b"#version: 0.2\n",
    "vocab.json": b"{}",
}
"""What is in such a repository, too, and the demo model does without."""
NOT_TAKEN = {"README.md", ".gitattributes", "chat_template.jinja"}
QUESTION = "How many lines are there?"
MODELS = {
    "single": "Vishva007/Qwen3-VL-2B-Instruct-W4A16-AutoRound-GPTQ",
    "sharded": "Vishva007/Qwen3-VL-8B-Instruct-W4A16-AutoRound-GPTQ",
}


def sharded(content: Path) -> dict[str, bytes]:
    """The weights in two shards with their index, as transformers writes them."""
    with safe_open(content, "pt") as file:
        tensors: dict[str, torch.Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    names = sorted(tensors)
    parts = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [f"model-{number:05}-of-00002.safetensors" for number in (1, 2)]
    weight_map = {name: file for part, file in zip(parts, files, strict=True) for name in part}
    made = {
        file: save({name: tensors[name] for name in part}, {"format": "pt"})
        for part, file in zip(parts, files, strict=True)
    }
    return {**made, f"{WEIGHTS}.index.json": json.dumps({"metadata": {}, "weight_map": weight_map}).encode()}


@pytest.fixture(params=list(MODELS))
def model_id(request: pytest.FixtureRequest) -> str:
    return MODELS[str(request.param)]


@pytest.fixture
def server(model_id: str) -> Iterator[HubServer]:
    files = BESIDE | {path.name: path.read_bytes() for path in DEMO_MODEL.iterdir()}
    if model_id == MODELS["sharded"]:
        files = {name: content for name, content in files.items() if name != WEIGHTS} | sharded(DEMO_MODEL / WEIGHTS)
    large = tuple(name for name in files if name.endswith(".safetensors") or name == "tokenizer.json")
    with serving(HubServer(files, lfs=large)) as made:
        yield made


def kill_in_the_middle(server: HubServer, folder: Path, model_id: str) -> int:
    """Download until weights are coming in, and kill that process; return the number of bytes that are there."""
    server.slow_seconds = 0.005
    command = [sys.executable, "-m", "tests.support.download_model", server.address, str(folder), model_id]
    smallest = min(len(content) for name, content in server.files.items() if name.endswith(".safetensors"))

    def received() -> int:
        with suppress(FileNotFoundError):  # A file that is complete is renamed meanwhile.
            return max((path.stat().st_size for path in folder.glob("incoming/*.part")), default=0)
        return 0

    with subprocess.Popen(command) as process:
        while process.poll() is None and received() < smallest // 4:
            time.sleep(0.01)
        process.kill()
    assert process.returncode < 0
    server.slow_seconds = 0.0
    pending = ModelFolders(folder).pending(model_id)
    assert pending
    return pending[0]


def models_window(desktop: Desktop) -> ModelsWindow:
    desktop.window.model_picker.full_model_clicked.emit()
    (dialog,) = desktop.window.findChildren(ModelsWindow)
    return dialog


def test_from_nothing_to_answers_and_again(
    open_desktop: OpenDesktop, server: HubServer, model_id: str, paths: Paths
) -> None:
    assert model_id in {model.model_id for model in known_models()}
    there = kill_in_the_middle(server, paths.models, model_id)
    server.seen.clear()

    desktop = open_desktop()
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)  # The demo model.
    desktop.lorgnette.preferences.change(downloads=DownloadOptions(endpoint=server.address))
    dialog = models_window(desktop)
    row = dialog.rows[model_id]
    desktop.wait(lambda: row.download.text() == "Resume")
    assert row.status.text().startswith("Paused")
    assert "Disk: " in row.arithmetic.text()
    row.download.click()
    desktop.wait(lambda: row.use.isVisible() and row.use.text() == "In use")
    assert row.status.text() == ""
    taken = {name: content for name, content in server.files.items() if name not in NOT_TAKEN}
    info = desktop.lorgnette.model.status.info
    assert info
    assert Path(info.folder).name == COMMIT
    assert {path.name for path in Path(info.folder).iterdir()} == {*taken, "lorgnette-model.json"}
    (begin,) = (seen.headers["range"] for seen in server.seen if "range" in seen.headers)
    assert 0 < int(begin.removeprefix("bytes=").rstrip("-")) <= there
    row.verify.click()
    desktop.wait(lambda: "All files match" in row.status.text())
    desktop.type_and_send(QUESTION)
    answer = desktop.wait_for_answer()
    assert answer.text
    assert answer.model_name == model_id.partition("/")[2]
    assert any(paths.converted_weights.rglob("*.npy"))
    desktop.close()

    again = open_desktop()
    again.wait(lambda: again.is_ready(Path(info.folder)))
    again.type_and_send(QUESTION)
    assert again.wait_for_answer().text == answer.text
