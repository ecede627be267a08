"""Models that other programs have on this computer."""

from pathlib import Path

import pytest

from app.domain.models.found_model import FoundModel
from app.storage.models.found_models import found_models

HUB = ".cache/huggingface/hub/models--Qwen--Qwen3-VL-2B-Instruct"
STUDIO = ".lmstudio/models/lmstudio-community/Qwen3-VL-4B-Instruct-GGUF"
MANIFESTS = ".ollama/models/manifests/hf.co/unsloth/Qwen3-VL-8B-Instruct-GGUF"


def put(home: Path, name: str, content: str = "") -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_models_of_three_programs_are_found(tmp_path: Path) -> None:
    put(tmp_path, f"{HUB}/snapshots/0123/config.json")
    put(tmp_path, f"{STUDIO}/mmproj-model-f16.gguf")
    studio = put(tmp_path, f"{STUDIO}/Qwen3-VL-4B-Instruct-Q4_K_M.gguf")
    ollama = put(tmp_path, f"{MANIFESTS}/Q8_0", '{"layers": [{"mediaType": "application/vnd.ollama.image.projector"}]}')
    assert found_models(tmp_path, {}) == (
        FoundModel("Qwen3-VL-2B-Instruct", str(tmp_path / HUB), "Hugging Face"),
        FoundModel("Qwen3-VL-4B-Instruct-Q4_K_M", str(studio), "LM Studio"),
        FoundModel("Qwen3-VL-8B-Instruct-GGUF:Q8_0", str(ollama), "Ollama"),
    )


@pytest.mark.parametrize(
    "name",
    [
        f"{STUDIO}/Qwen3-VL-4B-Instruct-Q4_K_M.gguf",  # Without its vision part.
        f"{MANIFESTS}/2b",
        f"{HUB}/refs/main",
        ".cache/huggingface/hub/models--Qwen--Qwen3-2B/snapshots/0123/config.json",
        "Qwen3-VL/model.gguf",
    ],
)
def test_other_files_are_no_models(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    assert found_models(tmp_path, {}) == ()


def test_the_programs_variables_are_followed(tmp_path: Path) -> None:
    put(tmp_path, f"elsewhere/{Path(HUB).name}/snapshots/0123/model.gguf")
    (found,) = found_models(tmp_path, {"HF_HUB_CACHE": str(tmp_path / "elsewhere")})
    assert found.name == "Qwen3-VL-2B-Instruct"


def test_only_the_first_shard_is_offered(tmp_path: Path) -> None:
    put(tmp_path, f"{STUDIO}/mmproj-model-f16.gguf")
    for number in (1, 2):
        put(tmp_path, f"{STUDIO}/Qwen3-VL-0000{number}-of-00002.gguf")
    (found,) = found_models(tmp_path, {})
    assert found.path.endswith("Qwen3-VL-00001-of-00002.gguf")
