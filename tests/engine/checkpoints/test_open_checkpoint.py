"""Model folders that are right, unfinished, damaged, hostile or of another kind; made here, without weights' sense."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.domain.errors import CheckpointError
from app.domain.settings.generation_options import GREEDY, Sampling
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
FIRST_PACKED = "model.language_model.layers.0.self_attn.q_proj.qweight"


@pytest.fixture
def folder(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> Path:
    """A copy of a good checkpoint, to be spoilt."""
    return Path(shutil.copytree(tiny_checkpoint(Layout.AUTO_GPTQ), tmp_path / "model"))


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(folder)
    assert error.value.problem.what.endswith(".")
    return error.value.problem.sentence


def split(folder: Path, count: int = 3) -> None:
    """The single file as shards with an index, as large models are published."""
    from safetensors.torch import load_file as load  # noqa: PLC0415 - numpy has no bfloat16
    from safetensors.torch import save_file as save  # noqa: PLC0415

    tensors = load(folder / WEIGHTS)
    weight_map: dict[str, str] = {}
    for number in range(count):
        name = f"model-{number + 1:05}-of-{count:05}.safetensors"
        part = {key: tensors[key] for key in sorted(tensors)[number::count]}
        save(part, folder / name)
        weight_map |= dict.fromkeys(part, name)
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    (folder / WEIGHTS).unlink()


@pytest.mark.parametrize("layout", [Layout.AUTO_ROUND, Layout.AUTO_GPTQ])
def test_both_layouts_open(tiny_checkpoint: TinyCheckpoint, layout: Layout) -> None:
    checkpoint = open_checkpoint(tiny_checkpoint(layout))

    assert checkpoint.scheme == "W4A16, group 128"
    assert checkpoint.config.tied_embeddings
    assert checkpoint.config.vision.deepstack_layers == (0, 2)
    assert checkpoint.config.text.mrope_section == (12, 10, 10)
    assert checkpoint.end_tokens
    assert FIRST_PACKED in checkpoint.tensors.entries


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"do_sample": False, "temperature": 0.3}, GREEDY),
        (
            {"do_sample": True, "temperature": 0.3, "top_p": 0.5, "top_k": 7},
            Sampling(temperature=0.3, top_p=0.5, top_k=7),
        ),
        ({"repetition_penalty": 1.05}, Sampling(repetition_penalty=1.05)),
        ({"do_sample": False, "repetition_penalty": 1.05}, replace(GREEDY, repetition_penalty=1.05)),
        ({"repetition_penalty": "high"}, Sampling()),
        ({"temperature": "hot", "top_p": 3, "top_k": True}, Sampling()),
        ({}, Sampling()),
    ],
)
def test_sampling_is_what_the_publisher_recommends(folder: Path, raw: dict[str, Any], expected: Sampling) -> None:
    (folder / "generation_config.json").write_text(json.dumps(raw))
    assert open_checkpoint(folder).sampling == expected


def test_shards_open_and_hold_the_same(folder: Path, tiny_checkpoint: TinyCheckpoint) -> None:
    whole = open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ)).tensors
    split(folder)

    shards = open_checkpoint(folder).tensors

    assert set(shards.entries) == set(whole.entries)
    assert all(bytes(shards.data(name)) == bytes(whole.data(name)) for name in whole.entries)
    assert len({entry.file for entry in shards.entries.values()}) == 3


def test_a_model_moved_away(tmp_path: Path) -> None:
    assert "no longer exists" in refused(tmp_path / "gone")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "has no config.json" in refused(tmp_path)


@pytest.mark.parametrize(("name", "words"), [(WEIGHTS, f"has no {WEIGHTS}"), ("tokenizer.json", "no tokenizer.json")])
def test_a_missing_file(folder: Path, name: str, words: str) -> None:
    (folder / name).unlink()
    assert words in refused(folder)


def test_a_missing_shard(folder: Path) -> None:
    split(folder)
    (folder / "model-00002-of-00003.safetensors").unlink()
    assert "model-00002-of-00003.safetensors is missing" in refused(folder)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_truncated_file(folder: Path, kept: int) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[:kept])
    assert f"{WEIGHTS} ends early: its download was not finished." in refused(folder)


def test_a_truncated_shard(folder: Path) -> None:
    split(folder)
    shard = folder / "model-00003-of-00003.safetensors"
    shard.write_bytes(shard.read_bytes()[:-1000])
    assert "model-00003-of-00003.safetensors ends early" in refused(folder)


@pytest.mark.parametrize(
    "name", ["../secret.safetensors", "/etc/passwd", "..\\up.safetensors", "a/b.safetensors", "weights.bin", ""]
)
def test_an_index_that_points_elsewhere_is_not_followed(folder: Path, name: str) -> None:
    split(folder)
    edit(folder / INDEX, lambda raw: raw["weight_map"].update({FIRST_PACKED: name}))
    sentence = refused(folder)
    assert "not a file of the model folder" in sentence
    assert "Nothing was opened." in sentence


def test_an_index_that_promises_too_much(folder: Path) -> None:
    split(folder)
    edit(folder / INDEX, lambda raw: raw["weight_map"].update(extra="model-00001-of-00003.safetensors"))
    assert "does not hold extra" in refused(folder)


def test_an_index_without_a_map(folder: Path) -> None:
    split(folder)
    (folder / INDEX).write_text("{}")
    assert "does not say which file" in refused(folder)


def edit_tensors(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    from safetensors.torch import load_file as load  # noqa: PLC0415 - numpy has no bfloat16
    from safetensors.torch import save_file as save  # noqa: PLC0415

    tensors = load(folder / WEIGHTS)
    change(tensors)
    save({name: tensor.clone() for name, tensor in tensors.items()}, folder / WEIGHTS)


def header(raw: object) -> bytes:
    encoded = json.dumps(raw).encode()
    return len(encoded).to_bytes(8, "little") + encoded + bytes(64)


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\0\0\0\0\0\0\0not json" + bytes(64),
        header([1, 2]),
        header({"a": {"dtype": "F32", "shape": [4]}}),
        header({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]}}),
        header({"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}),
        header({"a": {"dtype": "F32", "shape": "4", "data_offsets": [0, 16]}}),
        b"\x40\0\0\0\0\0\0\0" + b"[" * 64,
    ],
)
def test_a_damaged_header(folder: Path, data: bytes) -> None:
    (folder / WEIGHTS).write_bytes(data)
    assert f"{WEIGHTS} is damaged" in refused(folder)


@pytest.mark.parametrize(
    ("suffix", "words"),
    [("bin", "pickled (model.bin), which can run programs"), ("pt", "pickled"), ("gguf", "model.gguf is damaged")],
)
def test_other_kinds_of_weights_are_not_opened(folder: Path, suffix: str, words: str) -> None:
    (folder / WEIGHTS).rename(folder / f"model.{suffix}")
    assert words in refused(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff\xfe", '{"model_type": ' * 5000])
def test_a_damaged_config(folder: Path, content: str) -> None:
    (folder / "config.json").write_bytes(content.encode("latin-1"))
    assert "config.json" in refused(folder)


CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "another architecture": ("Qwen2VLForConditionalGeneration", {"model_type": "qwen2_vl"}),
    "no layers": ("num_hidden_layers is 0", {"text_config": {"num_hidden_layers": 0}}),
    "no number": ("hidden_size is wide", {"text_config": {"hidden_size": "wide"}}),
    "missing": ("num_key_value_heads is missing", {"text_config": {"num_key_value_heads": None}}),
    "heads": ("num_key_value_heads is 3", {"text_config": {"num_key_value_heads": 3}}),
    "sections": ("mrope_section", {"text_config": {"rope_parameters": {"mrope_section": [1, 2, 3]}}}),
    "yarn": ("rope_type = 'yarn'", {"text_config": {"rope_parameters": {"rope_type": "yarn"}}}),
    "activation": ("hidden_act = 'gelu'", {"text_config": {"hidden_act": "gelu"}}),
    "deepstack": ("deepstack_visual_indexes", {"vision_config": {"deepstack_visual_indexes": [0, 99]}}),
    "no vision": ("vision_config is None", {"vision_config": "None"}),
    "tower": ("vision tower gives 128", {"vision_config": {"out_hidden_size": 128}}),
    "sizes": ("but I32", {"text_config": {"intermediate_size": 512}}),
    "lacking": ("has no tensor model.language_model.layers.3.", {"text_config": {"num_hidden_layers": 4}}),
    "untied": ("has no tensor lm_head.weight", {"tie_word_embeddings": False}),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_description_that_does_not_fit(folder: Path, name: str) -> None:
    words, changes = CONFIGS[name]

    def change(raw: dict[str, Any]) -> None:
        if name == "another architecture":
            raw["architectures"] = [words]
        for key, value in changes.items():
            for inner, part in value.items() if isinstance(value, dict) else ():
                if isinstance(part, dict):
                    raw[key][inner].update(part)
                else:
                    raw[key][inner] = part
            if not isinstance(value, dict):
                raw[key] = value

    edit(folder / "config.json", change)
    assert words in refused(folder)


SCHEMES: dict[str, tuple[str, dict[str, object]]] = {
    "another method": ("quantised with bitsandbytes", {"quant_method": "bitsandbytes"}),
    "MLX": ("quantised with MLX", {"quant_method": None}),
    "AWQ for other products": ("stored as gemv", {"quant_method": "awq", "version": "gemv"}),
    "3 bits": ("3-bit weights", {"bits": 3}),
    "odd group": ("group size is 100", {"group_size": 100}),
    "no group": ("group size is None", {"group_size": None}),
    "Marlin": ("stored as marlin", {"checkpoint_format": "marlin"}),
    "activations": ("activations have 8 bits", {"act_bits": 8}),
    "floats": ("of the type fp", {"data_type": "fp"}),
    "packing": ("packed as llm_compressor", {"quant_method": "auto-round", "packing_format": "llm_compressor"}),
    "compressed activations": (
        "activations have 8 bits",
        {
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "config_groups": {"g": {"weights": {"num_bits": 4}, "input_activations": {"num_bits": 8}}},
        },
    ),
    "compressed floats": (
        "stored as nvfp4-pack-quantized",
        {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized"},
    ),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_unsupported_schemes_are_named(folder: Path, name: str) -> None:
    words, changes = SCHEMES[name]
    edit(folder / "config.json", lambda raw: raw["quantization_config"].update(changes))
    (folder / "quantization_config.json").unlink()
    assert words in refused(folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zeros": 0x77777779}, "asymmetrically, but its config.json says that it is not"),
        ({"g_idx": 0}, "in groups of different sizes"),
    ],
)
def test_tensors_that_contradict_the_config(folder: Path, changes: dict[str, int], words: str) -> None:
    name = FIRST_PACKED.removesuffix("qweight")

    def change(tensors: dict[str, Any]) -> None:
        if "zeros" in changes:
            tensors[f"{name}qzeros"][:] = changes["zeros"]
        else:
            tensors[f"{name}g_idx"][:] = changes["g_idx"]

    edit_tensors(folder, change)
    layer = open_checkpoint(folder).layers[name.removesuffix(".")]
    with pytest.raises(CheckpointError, match=words):
        layer.weight()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.visual.blocks.0.attn.qkv.qweight", "its vision tower is quantised"),
        ("lm_head.qweight", "its output head is quantised"),
        ("model.language_model.layers.0.mlp.up_proj.bias", "up_proj has a bias"),
    ],
)
def test_tensors_that_would_be_ignored(folder: Path, name: str, words: str) -> None:
    import torch  # noqa: PLC0415

    edit_tensors(folder, lambda tensors: tensors.update({name: torch.ones(8)}))
    assert words in refused(folder)


def test_old_names_and_a_head_in_place_of_the_embedding(folder: Path) -> None:
    expected = set(open_checkpoint(folder).tensors.entries)

    def rename(tensors: dict[str, Any]) -> None:
        for name in list(tensors):
            old = name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
            tensors["lm_head.weight" if old == "model.embed_tokens.weight" else old] = tensors.pop(name)

    edit_tensors(folder, rename)
    assert set(open_checkpoint(folder).tensors.entries) == expected | {"lm_head.weight"}


def test_shards_without_an_index(folder: Path) -> None:
    split(folder)
    (folder / INDEX).unlink()
    open_checkpoint(folder)
    (folder / "model-00002-of-00003.safetensors").unlink()
    assert "model-00002-of-00003.safetensors is missing" in refused(folder)


def test_a_file_of_another_name(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "qwen.safetensors")
    open_checkpoint(folder)


def test_the_cache_of_the_hub_and_the_parent_folder(folder: Path, tmp_path: Path) -> None:
    cached = tmp_path / "models--someone--Qwen3-VL"
    for revision in ("old", "new"):
        shutil.copytree(folder, cached / "snapshots" / revision)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("new")
    assert open_checkpoint(cached).folder == cached / "snapshots" / "new"

    parent = tmp_path / "out"
    shutil.copytree(folder, parent / "Qwen3-VL-w4g128")
    assert open_checkpoint(parent).folder == parent / "Qwen3-VL-w4g128"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("Qwen3VL-2B-Q4_K_M.gguf", "Qwen3VL-2B-Q4_K_M.gguf ends early"),
        ("adapter_config.json", "holds an adapter (LoRA)"),
        ("pytorch_model.bin", "pickled (pytorch_model.bin)"),
    ],
)
def test_folders_of_another_kind_are_named(tmp_path: Path, file: str, words: str) -> None:
    (tmp_path / file).touch()
    assert words in refused(tmp_path)


def test_an_embedding_model_is_not_asked_questions(folder: Path) -> None:
    (folder / "modules.json").write_text("[]")
    assert "compares texts and images" in refused(folder)


def test_the_image_processor_of_transformers_5(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()
    settings = {"size": {"shortest_edge": 4096, "longest_edge": 65536}, "image_mean": [0.1] * 3}
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": settings}))
    preprocessor = open_checkpoint(folder).preprocessor
    assert (preprocessor.min_pixels, preprocessor.max_pixels, preprocessor.mean) == (4096, 65536, (0.1, 0.1, 0.1))


def test_rotary_positions_without_settings_have_the_published_ones(folder: Path) -> None:
    edit(folder / "config.json", lambda raw: raw["text_config"].update(rope_parameters=None, head_dim=128))
    with pytest.raises(CheckpointError, match="tensor"):  # The tiny model's heads are smaller.
        open_checkpoint(folder)


def test_a_wrong_shape_and_a_wrong_type_are_named(tmp_path: Path, tiny_checkpoint: TinyCheckpoint) -> None:
    shutil.copytree(tiny_checkpoint(Layout.AUTO_GPTQ), tmp_path, dirs_exist_ok=True)
    from safetensors.torch import load_file as load  # noqa: PLC0415
    from safetensors.torch import save_file as save  # noqa: PLC0415

    tensors = load(tmp_path / WEIGHTS)
    save({**tensors, FIRST_PACKED: tensors[FIRST_PACKED][:16].contiguous()}, tmp_path / WEIGHTS)
    assert f"{FIRST_PACKED} is I32 [16, 256], but I32 [32, 256] is required" in refused(tmp_path)

    save({**tensors, FIRST_PACKED: tensors[FIRST_PACKED].float()}, tmp_path / WEIGHTS)
    assert f"{FIRST_PACKED} is F32" in refused(tmp_path)


def test_files_are_mapped_and_not_read(tmp_path: Path) -> None:
    from app.engine.checkpoints.tensor_files import find_tensors  # noqa: PLC0415

    save_file({"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, tmp_path / WEIGHTS)
    tensors = find_tensors(tmp_path)

    view = np.frombuffer(tensors.data("a"), np.float32)
    view[0] = 99.0

    assert tensors.entries["a"].shape == (2, 3)
    assert load_file(tmp_path / WEIGHTS)["a"][0, 0] == 0.0, "writing must not reach the file"
    tensors.close()
    assert view[1] == 1.0, "a tensor outlives the mapping's owner"
