"""`lorgnette doctor` as its user meets it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from app.cli import main
from app.commands import doctor
from app.domain.models.model_fit import ComputeDevice, Machine
from app.paths import DEMO_MODEL


def test_a_good_model_opens_fits_and_computes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(DEMO_MODEL)]) == 0
    said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert list(said) == ["Model", "Kind", "Weights", "Files", "Context", "Memory", "Opens", "Computes"]
    assert said["Weights"].startswith("W4A16, group 128, packed as gptq, symmetric; output head tied")
    assert "fits" in said["Memory"]
    assert said["Opens"] == "yes"
    assert said["Computes"].endswith("all numbers are finite")


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--no-pass", str(DEMO_MODEL)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["opens"], said["bits"], said["packing"], said["has_tied_head"]) == (True, 4, "gptq", True)
    assert [need["device"] for need in said["memory"]] == ["CPU", "GPU"]
    assert said["memory"][0]["verdict"] == "fits"
    assert said["forward_pass"] == {"skipped": "not asked for"}
    tensors = sum(path.stat().st_size for path in DEMO_MODEL.glob("*.safetensors"))
    assert 0.9 * tensors < said["file_bytes"] <= tensors


def test_a_model_that_does_not_open_is_told_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["Qwen3VLMoeForConditionalGeneration"]}')
    assert main(["doctor", str(tmp_path)]) == 1
    assert "Qwen3VLMoeForConditionalGeneration" in capsys.readouterr().out
    assert main(["doctor", "--json", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["opens"] is False


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "0" + "\nsize 99\n"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json", "model.gguf"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (POINTER, "is a Git LFS pointer: its contents were not downloaded. Run “git lfs pull”"),
        ("\n<!DOCTYPE html><html><body>Sign in</body></html>" + 100 * " ", "is a web page"),
    ],
    ids=["pointer", "web page"],
)
def test_what_a_download_left_in_place_of_a_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    folder = tmp_path / "model"
    if name.endswith(".gguf"):
        folder.mkdir()
    else:
        shutil.copytree(DEMO_MODEL, folder)
    (folder / name).write_text(content)
    assert main(["doctor", str(folder)]) == 1
    told = capsys.readouterr().out
    assert f"{name} {said}" in told
    assert "damaged" not in told


def test_damaged_weights_are_found_by_the_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(DEMO_MODEL, tmp_path / "model"))
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if name.endswith("patch_embed.proj.weight"))
    tensors[name][:] = np.nan
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert main(["doctor", str(folder)]) == 1
    said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert said["Opens"] == "yes"
    assert said["Computes"].startswith("no. The model produces invalid numbers (NaN)")


def test_a_model_that_does_not_fit_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = Machine(memory=10**6, free_memory=10**6, free_disk=0, processor=ComputeDevice.CPU)
    monkeypatch.setattr(doctor, "this_machine", lambda _: small)
    assert main(["doctor", str(DEMO_MODEL)]) == 0
    said = capsys.readouterr().out
    assert "does not fit" in said
    assert "not tried: the model needs more memory than this machine has" in said
