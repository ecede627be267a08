"""Models whose files are whole and that cannot be opened: nobody is told to download them again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout


@pytest.fixture
def folder(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint(Layout.PLAIN), tmp_path / "model"))


def refused(folder: Path, changes: dict[str, Any]) -> str:
    """What is said of the model with a changed config.json."""
    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for name, value in changes.items():
        raw[name] = raw[name] | value if isinstance(value, dict) else value
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(folder)
    return error.value.problem.sentence


@pytest.mark.parametrize(
    "text_config",
    [{"num_hidden_layers": 4}, {"hidden_size": "wide"}, {"intermediate_size": 512}, {"num_key_value_heads": None}],
)
def test_what_is_whole_is_not_to_be_downloaded_again(folder: Path, text_config: dict[str, Any]) -> None:
    sentence = refused(folder, {"text_config": text_config})
    assert sentence.endswith("Its files are whole, so a new download would not help: choose another model.")


def test_a_mixture_of_experts_is_called_so(folder: Path) -> None:
    sentence = refused(folder, {"model_type": "qwen3_vl_moe", "architectures": ["Qwen3VLMoeForConditionalGeneration"]})
    assert "is a mixture of experts (Qwen3VLMoeForConditionalGeneration)" in sentence
