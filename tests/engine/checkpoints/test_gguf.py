"""GGUF models: found where people have them, refused in a sentence, and read from files that chance has damaged."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from transformers import AddedToken, Qwen2Tokenizer

from app.domain.errors import CheckpointError
from app.domain.models.model_catalog import model_display_name
from app.domain.settings.generation_options import THINKING
from app.engine.checkpoints.gguf import blocks, header
from app.engine.checkpoints.gguf.block_types import BLOCK_TYPES, QUANTIZED, BlockType
from app.engine.checkpoints.gguf.header import read_header
from app.engine.checkpoints.gguf.tokenizer import tokenizer_json
from app.engine.checkpoints.grouped_weight import dequantized
from app.engine.checkpoints.model_folder import enclosing_folder
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.tokenizer import ChatTokenizer
from tests.support.gguf_files import GgufVariant, Stored, make_gguf, tokenizer_metadata, write_gguf
from tests.support.mutations import mutated
from tests.support.ollama_store import ollama_store
from tests.support.qwen3_tokenizer import tokenizer_json as published_tokenizer
from tests.support.thinking import TEMPLATE
from tests.support.tiny_checkpoint import make_untaught_checkpoint
from tests.support.tiny_model import SPECIAL_TOKENS, make_tokenizer

TEXT, VISION = "tiny.gguf", "mmproj-tiny-F16.gguf"
MUTATIONS = 300
TEXTS = (
    "What does the receipt show?",
    "It's 12345 o'clock;  WE'LL see\r\n\r\n  two   spaces\t\ttabs ",
    "naïve cafe\u0301 \ufb01ne ﷺ مرحبا 你好，世界 👩‍👩‍👧",
    "<|im_end|> is text here, and <think> is not",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("gguf")
    return make_gguf(make_untaught_checkpoint(parent / "plain"), parent / "model", GgufVariant("Q4_K"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A model that opens, to be changed."""
    return shutil.copytree(made, tmp_path / "model", ignore=shutil.ignore_patterns("twin"))


def refused(path: Path) -> CheckpointError:
    with pytest.raises(CheckpointError) as error:
        ChatTokenizer(open_checkpoint(path))
    return error.value


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, Stored]], object]) -> None:
    """Write the file anew with other metadata or tensors."""
    read, data = read_header(path), path.read_bytes()
    tensors = {name: (it.dtype, it.shape, data[it.begin : it.end]) for name, it in read.tensors.items()}
    metadata = dict(read.metadata)
    change(metadata, tensors)
    write_gguf(path, metadata, tensors)


def test_a_folder_a_file_and_a_cache_of_the_hub_are_found(folder: Path, tmp_path: Path) -> None:
    assert open_checkpoint(folder).folder == folder / TEXT
    assert open_checkpoint(folder / TEXT).folder == folder / TEXT
    assert enclosing_folder(folder / TEXT) == enclosing_folder(folder) == folder
    snapshot = tmp_path / "models--someone--Tiny-GGUF" / "snapshots" / "0123"
    shutil.copytree(folder, snapshot)
    assert open_checkpoint(snapshot.parents[1]).folder == snapshot / TEXT


def test_a_model_of_ollama_is_opened_by_its_manifest(folder: Path, tmp_path: Path) -> None:
    manifest = ollama_store(tmp_path / "models", {"model": folder / TEXT, "projector": folder / VISION})
    opened = open_checkpoint(manifest)
    assert opened.folder == manifest
    assert enclosing_folder(manifest) == tmp_path / "models"
    assert ChatTokenizer(opened).encode("What?") == ChatTokenizer(open_checkpoint(folder)).encode("What?")
    assert model_display_name(manifest) == "Tiny-GGUF:Q4_K_M"


@pytest.mark.parametrize("names", [(), ("model",), ("projector",)])
def test_a_manifest_of_ollama_without_a_part_is_refused(folder: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    files = {"model": folder / TEXT, "projector": folder / VISION}
    manifest = ollama_store(tmp_path / "models", {name: files[name] for name in names})
    assert "“Tiny-GGUF:Q4_K_M” is in Ollama's own form" in refused(manifest).problem.what


def test_a_manifest_of_ollama_with_the_vision_part_of_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    _vision(clip__vision__projection_dim=4096)(folder)
    manifest = ollama_store(tmp_path / "models", {"model": folder / TEXT, "projector": folder / VISION})
    assert "has for “Tiny-GGUF:Q4_K_M” is that of another model" in refused(manifest).problem.what


def test_the_config_is_that_of_the_folder_it_was_made_from(made: Path) -> None:
    opened, twin = open_checkpoint(made), open_checkpoint(made / "twin")
    assert opened.config == twin.config
    assert opened.preprocessor == twin.preprocessor
    assert opened.scheme == "GGUF Q4_K"


def test_every_tensor_stands_where_it_did(made: Path) -> None:
    opened, twin = open_checkpoint(made), load_file(made / "twin" / "model.safetensors")
    assert opened.tensors.entries.keys() == twin.keys()
    for name, layer in opened.layers.items():
        assert np.array_equal(dequantized(layer.weight()), twin[f"{name}.weight"])


def test_settings_of_sampling_and_images_are_the_files(folder: Path) -> None:
    rewritten(folder / TEXT, lambda metadata, _: metadata.update({"general.sampling.temp": 0.5}))
    limits = {"clip.vision.image_min_pixels": 4096, "clip.vision.image_max_pixels": 65536}
    rewritten(folder / VISION, lambda metadata, _: metadata.update(limits))
    opened = open_checkpoint(folder)
    assert opened.sampling.temperature == 0.5
    assert (opened.preprocessor.min_pixels, opened.preprocessor.max_pixels) == (4096, 65536)


def test_a_thinking_model_is_told_by_its_template(folder: Path) -> None:
    assert not open_checkpoint(folder).thinks
    rewritten(folder / TEXT, lambda metadata, _: metadata.update({"tokenizer.chat_template": TEMPLATE}))
    opened = open_checkpoint(folder)
    assert opened.thinks
    assert opened.sampling == THINKING


def test_the_fitting_vision_part_is_taken_in_16_bits(folder: Path) -> None:
    shutil.copy(folder / VISION, folder / "a-mmproj-of-another.gguf")
    rewritten(folder / "a-mmproj-of-another.gguf", lambda metadata, _: metadata.update({"clip.projector_type": "mlp"}))
    shutil.copy(folder / TEXT, folder / "another.gguf")
    rewritten(folder / "another.gguf", lambda metadata, _: metadata.update({"general.architecture": "llama"}))
    opened = open_checkpoint(folder)
    assert opened.tensors.entries["model.visual.pos_embed.weight"].file == folder / VISION


@pytest.mark.parametrize("content", [b"GGUF\x03\x00", b"<html>Not found</html>" * 9, b""])
def test_damaged_files_of_something_else_hide_no_model(folder: Path, content: bytes) -> None:
    (folder / "a.gguf").write_bytes(content)
    assert open_checkpoint(folder).layers
    assert open_checkpoint(folder / TEXT).layers
    (folder / VISION).unlink()
    assert "a.gguf" in refused(folder).problem.what


def test_a_file_that_is_no_gguf_is_not_said_to_be_gone(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"...")
    assert "neither a folder with a model nor a GGUF file" in refused(tmp_path / "model.safetensors").problem.what
    assert "no longer exists" in refused(tmp_path / "gone").problem.what


@pytest.mark.parametrize("kind", QUANTIZED)
def test_no_rows_of_quantised_weights_are_none(kind: str) -> None:
    """Of a hidden state that is not a number, no row of the output head is a candidate."""
    block = QUANTIZED[kind]
    none = blocks.dequantized(blocks.PACKINGS[kind], np.zeros((0, 3, block.size), np.uint8))
    assert none.shape == (0, 3 * block.weights)


def test_the_scheme_says_whether_groups_have_offsets(folder: Path) -> None:
    quantization = open_checkpoint(folder).quantization
    assert quantization
    assert not quantization.is_symmetric


def _remove_vision(folder: Path) -> None:
    (folder / VISION).unlink()


def _remove_text(folder: Path) -> None:
    (folder / TEXT).unlink()


def _copy_text(folder: Path) -> None:
    shutil.copy(folder / TEXT, folder / "other.gguf")


def _text(**fields: Any) -> Callable[[Path], None]:  # noqa: ANN401 - metadata
    """Change the language model's metadata; "__" stands for "."."""
    changed = {name.replace("__", "."): value for name, value in fields.items()}
    return lambda folder: rewritten(folder / TEXT, lambda metadata, _: metadata.update(changed))


def _vision(**fields: Any) -> Callable[[Path], None]:  # noqa: ANN401 - metadata
    changed = {name.replace("__", "."): value for name, value in fields.items()}
    return lambda folder: rewritten(folder / VISION, lambda metadata, _: metadata.update(changed))


def _tensor(kind: str, name: str, size: int) -> Callable[[Path], None]:
    stored = (kind, (1, 256), bytes(size))
    return lambda folder: rewritten(folder / TEXT, lambda _, tensors: tensors.update({name: stored}))


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "no vision part": (_remove_vision, "Beside “tiny.gguf” there is no file with its vision part"),
    "only the vision part": (_remove_text, f"“{VISION}” is only the vision part"),
    "two models": (_copy_text, "holds several models: other.gguf, tiny.gguf"),
    "text only": (_text(general__architecture="qwen3"), "holds qwen3, not a Qwen3-VL model"),
    "mixture of experts": (_text(general__architecture="qwen3vlmoe"), "mixture of experts (qwen3vlmoe)"),
    "embeddings": (_text(qwen3vl__pooling_type=3), "compares texts and images"),
    "another tokenizer": (_text(tokenizer__ggml__pre="llama-bpe"), "its tokenizer (gpt2, llama-bpe)"),
    "another projector": (
        _vision(clip__projector_type="qwen2.5vl_merger"),
        f"“{VISION}” is not the vision part of “{TEXT}”",
    ),
    "other levels": (_text(qwen3vl__n_deepstack_layers=3), f"“{VISION}” is not the vision part of “{TEXT}”"),
    "yarn": (_text(qwen3vl__rope__scaling__type="yarn"), "rope_type = 'yarn'"),
    "silu": (_vision(clip__use_silu=True), "hidden_act = 'silu'"),
    "epsilon": (_vision(clip__vision__attention__layer_norm_epsilon=1e-5), "layer_norm_epsilon"),
    "deviation": (_vision(clip__vision__image_std=[0.0] * 3), f"of images or videos in the model's {VISION} are not"),
    "heads": (_text(qwen3vl__attention__head_count_kv=3), "num_key_value_heads is 3 (tiny.gguf, text_config)"),
    "Q2_K": (_tensor("Q2_K", "blk.0.attn_q.weight", 84), "weights of the type Q2_K"),
    "unknown tensor": (_tensor("F32", "rope_freqs.weight", 1024), "a tensor rope_freqs.weight"),
    "tokens without types": (_text(tokenizer__ggml__token_type=[1]), "tiny.gguf is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_open_is_said(folder: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil, words = REFUSED[case]
    with monkeypatch.context() as patched:
        patched.setitem(BLOCK_TYPES, 10, BlockType("Q2_K", 256, 84))  # Only for what is written here.
        spoil(folder)
    assert words in refused(folder).problem.what


def shards_of(made: Path, folder: Path) -> list[Path]:
    make_gguf(made.parent / "plain", folder, GgufVariant("Q8_0", shards=3))
    return sorted(folder.glob("tiny-*.gguf"))


def test_any_shard_stands_for_the_model(made: Path, tmp_path: Path) -> None:
    shards = shards_of(made, tmp_path / "model")
    assert {open_checkpoint(path).folder for path in (*shards, shards[0].parent)} == {shards[0]}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_shard_is_named(made: Path, tmp_path: Path, number: int) -> None:
    shards = shards_of(made, tmp_path / "model")
    shards[number].unlink()
    for path in (shards[0].parent, shards[(number + 1) % 3]):
        assert f"{shards[number].name} is missing" in refused(path).problem.what


def test_shards_of_two_models_are_told(made: Path, tmp_path: Path) -> None:
    shards = shards_of(made, tmp_path / "model")
    kept = shards[1].read_bytes()
    wrong = (
        lambda: shards[1].write_bytes(shards[2].read_bytes()),
        lambda: rewritten(shards[1], lambda metadata, _: metadata.update({"split.count": 4})),
        lambda: rewritten(shards[1], lambda _, tensors: tensors.popitem()),
    )
    for spoil in wrong:
        shards[1].write_bytes(kept)
        spoil()
        assert "“tiny-00001-of-00003.gguf” and the other shards" in refused(shards[0].parent).problem.what


def test_a_suffix_in_capitals_is_one(folder: Path, tmp_path: Path) -> None:
    for name in (TEXT, VISION):
        (folder / name).rename(folder / name.replace(".gguf", ".GGUF"))
    assert open_checkpoint(folder).folder == folder / "tiny.GGUF"


def test_infinite_scales_are_noticed(folder: Path) -> None:
    def spoil(_: dict[str, Any], tensors: dict[str, Stored]) -> None:
        kind, shape, data = tensors["blk.0.attn_q.weight"]
        tensors["blk.0.attn_q.weight"] = (kind, shape, b"\x00\x7c" + data[2:])

    rewritten(folder / TEXT, spoil)
    layer = open_checkpoint(folder).layers["model.language_model.layers.0.self_attn.q_proj"]
    with pytest.raises(CheckpointError):
        layer.weight()


def _counts(tensors: int, pairs: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs)


HOSTILE = {
    "empty": b"",
    "only the magic": b"GGUF",
    "another magic": b"ggjt" + bytes(100),
    "version 1": b"GGUF" + struct.pack("<IQQ", 1, 0, 0),
    "big-endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
    "2^63 pairs": _counts(0, 2**63) + bytes(100),
    "2^63 tensors": _counts(2**63, 0) + bytes(100),
    "a name of 2^64 bytes": _counts(0, 1) + struct.pack("<Q", 2**64 - 1) + bytes(100),
    "an array of 2^60 numbers": _counts(0, 1) + struct.pack("<QcIIQ", 1, b"a", 9, 0, 2**60) + bytes(100),
    "an array of 2^40 texts": _counts(0, 1) + struct.pack("<QcIIQ", 1, b"a", 9, 8, 2**40) + bytes(100),
    "arrays in arrays": _counts(0, 1) + struct.pack("<QcI", 1, b"a", 9) + struct.pack("<IQ", 9, 1) * 100,
    "a type of its own": _counts(0, 1) + struct.pack("<QcI", 1, b"a", 77) + bytes(100),
    "9 dimensions": _counts(1, 0) + struct.pack("<QcI9QIQ", 1, b"a", 9, *[1] * 9, 0, 0),
    "2^62 weights": _counts(1, 0) + struct.pack("<QcIQIQ", 1, b"a", 1, 2**62, 0, 0) + bytes(100),
    "an offset of 2^63": _counts(1, 0) + struct.pack("<QcIQIQ", 1, b"a", 1, 1, 0, 2**63) + bytes(100),
    "no weights": _counts(1, 0) + struct.pack("<QcIQIQ", 1, b"a", 1, 0, 0, 0) + bytes(100),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_lies_is_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(HOSTILE[case])
    with pytest.raises(CheckpointError):
        read_header(path)


def test_headers_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(_counts(0, 1) + struct.pack("<QcIIQ", 1, b"a", 9, 8, 1000) + bytes(8000))
    assert read_header(path).metadata == {"a": [""] * 1000}
    for limit in ("MAX_ITEMS", "MAX_HEADER_BYTES"):
        with monkeypatch.context() as patched:
            patched.setattr(header, limit, 1000)
            with pytest.raises(CheckpointError, match="lists more tensors"):
                read_header(path)


@pytest.mark.parametrize("name", [TEXT, VISION])
def test_chance_is_refused_or_harmless(folder: Path, name: str) -> None:
    path, rng = folder / name, Random(5)
    content = path.read_bytes()
    start = min(entry.begin for entry in read_header(path).tensors.values())
    refusals = 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content[:start], rng) + content[start:])
        try:
            ChatTokenizer(open_checkpoint(folder))
        except CheckpointError:
            refusals += 1
    assert refusals > MUTATIONS // 10


def _reference() -> tuple[Qwen2Tokenizer, dict[str, Any]]:
    """Hugging Face's tokenizer with the tiny vocabulary, and the metadata that llama.cpp would write for it."""
    raw = json.loads(make_tokenizer().to_str())
    raw["added_tokens"].append({"id": max(raw["model"]["vocab"].values()) + 1, "content": "<think>", "special": False})
    merges = [tuple(merge) for merge in raw["model"]["merges"]]
    create: Any = Qwen2Tokenizer
    reference = create(vocab=raw["model"]["vocab"], merges=merges)
    reference.add_tokens([AddedToken(name, special=True) for name in SPECIAL_TOKENS])
    reference.add_tokens([AddedToken("<think>", normalized=False)])
    return reference, tokenizer_metadata(raw)


def test_texts_have_the_tokens_of_hugging_face(tmp_path: Path) -> None:
    reference, metadata = _reference()
    path = write_gguf(tmp_path / "tokens.gguf", metadata, {})
    ours = Tokenizer.from_str(tokenizer_json(read_header(path)))
    for text in TEXTS:
        ids = ours.encode(text, add_special_tokens=False).ids
        assert ids == reference.encode(text, add_special_tokens=False)
        assert ours.decode(ids, skip_special_tokens=True) == reference.decode(ids, skip_special_tokens=True)


def test_the_real_tokenizer_is_the_same_through_a_gguf_file(tmp_path: Path) -> None:
    published = published_tokenizer()
    path = write_gguf(tmp_path / "tokens.gguf", tokenizer_metadata(json.loads(published)), {})
    ours, theirs = Tokenizer.from_str(tokenizer_json(read_header(path))), Tokenizer.from_str(published.decode())
    for is_plain in (True, False):  # Special tokens in a text are text for a chat, and tokens for a template.
        ours.encode_special_tokens = theirs.encode_special_tokens = is_plain
        for text in (*TEXTS, Path(__file__).read_text(encoding="utf-8"), "<|im_start|>user\n<|image_pad|><tool_call>"):
            assert ours.encode(text).ids == theirs.encode(text).ids


def test_the_tokenizer_keeps_special_tokens_apart(made: Path) -> None:
    opened: Checkpoint = open_checkpoint(made)
    tokenizer = ChatTokenizer(opened)
    twin = ChatTokenizer(open_checkpoint(made / "twin"))
    assert tokenizer.end_tokens == twin.end_tokens
    assert len(tokenizer.encode("<|im_end|>")) > 1
