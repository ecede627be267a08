"""Model folders made to hang, to take all memory or to break the reader: refused by name, soon, in little memory."""

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from safetensors import safe_open

from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.tensor_files import INDEX, MAX_HEADER_BYTES, SINGLE
from app.engine.generation.tokenizer import ChatTokenizer
from app.paths import DEMO_MODEL

resource = pytest.importorskip("resource")
pytestmark = [
    pytest.mark.timeout(20),
    pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit of memory"),
]
MEMORY = 512 * 1024 * 1024
FILES = ("config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", SINGLE)
OTHERS = ("quantization_config.json", INDEX)


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """Half a gigabyte more than the tests have by now; beyond that there is MemoryError."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that opens, to be spoilt."""
    made = tmp_path / "model"
    shutil.copytree(DEMO_MODEL, made)
    return made


def opened(folder: Path) -> None:
    ChatTokenizer(open_checkpoint(folder))


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as error:
        opened(folder)
    return error.value.problem.what


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder_of_that_name(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("make", [pipe, endless, folder_of_that_name])
@pytest.mark.parametrize("name", [*FILES, *OTHERS])
def test_what_is_no_file_is_not_opened(folder: Path, name: str, make: Callable[[Path], None]) -> None:
    if name in OTHERS:
        raw = json.loads((folder / "config.json").read_text())
        del raw["quantization_config"]
        (folder / "config.json").write_text(json.dumps(raw))
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    what = refused(folder)
    assert name in what
    assert "not a regular file" in what


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", SINGLE])
def test_a_link_that_leads_to_itself(folder: Path, name: str) -> None:
    (folder / name).unlink()
    loop(folder / name)
    assert name in refused(folder)


@pytest.mark.parametrize("make", [pipe, endless])
def test_a_shard_that_is_no_file(folder: Path, make: Callable[[Path], None]) -> None:
    (folder / SINGLE).rename(folder / "model-00001.safetensors")
    make(folder / "model-00002.safetensors")
    weight_map = {"a": "model-00001.safetensors", "b": "model-00002.safetensors"}
    (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    assert "“model-00002.safetensors” in the model folder is not a regular file" in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "tokenizer.json"])
def test_a_file_as_large_as_a_disk(folder: Path, name: str) -> None:
    os.truncate(folder / name, 1 << 40)
    assert f"“{name}” in the model folder is too large" in refused(folder)


def weights(path: Path, header: bytes, size: int = 0) -> None:
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + size)


def listed(shape: str) -> bytes:
    return f'{{"a": {{"dtype": "F32", "shape": {shape}, "data_offsets": [0, 64]}}}}'.encode()


HEADERS: dict[str, tuple[str, bytes]] = {
    "100 MB": ("lists more tensors than any model has", b"[" + b"[]," * 33_000_000 + b"[]]"),
    "as large as may be": ("is damaged", b"[" + b"[]," * (MAX_HEADER_BYTES // 3 - 2) + b"[]]"),
    "deep": ("is damaged", b"[" * 1_000_000),
    "a number of many digits": ("is damaged", listed(f"[{'9' * 4000}, {'9' * 4000}]")),
    "many dimensions": ("is damaged", listed(f"[{', '.join(['1'] * 100_000)}]")),
    "many long dimensions": ("is damaged", listed(f"[{', '.join(['9' * 4000] * 500)}]")),
    "no text": ("is damaged", b"\xff" * 1000),
    "an entry that is none": ("is damaged", b'{"a": 1}'),
    "a dtype that is none": ("is damaged", b'{"a": {"dtype": [], "shape": [], "data_offsets": [0, 4]}}'),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_made_to_take_time_or_memory(folder: Path, name: str) -> None:
    words, header = HEADERS[name]
    weights(folder / SINGLE, header, 64)
    what = refused(folder)
    assert SINGLE in what
    assert words in what


def test_many_files_share_the_room_for_headers(folder: Path) -> None:
    (folder / SINGLE).unlink()
    header = b'{"__metadata__": {"x": "%b"}}' % (b"y" * 1_000_000)
    names = [f"model-{number:05}.safetensors" for number in range(20)]
    for name in names:
        weights(folder / name, header)
    (folder / INDEX).write_text(json.dumps({"weight_map": {name: name for name in names}}))
    assert "more tensors than any model has" in refused(folder)


ODD: tuple[Any, ...] = (
    10**9, 10**12, 10**400, -1, 0, 1.5, math.inf, -math.inf, math.nan, True, "x" * 10_000, None, [], [[]], {},
    {"a": [1]}, [10**30] * 3, list(range(100_000)), "\ud800",
)  # fmt: skip


def leaves(raw: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    if way:
        yield way
    for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
        yield from leaves(value, (*way, key))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "preprocessor_config.json"])
def test_whatever_stands_in_a_field_the_model_opens_or_is_refused(folder: Path, name: str) -> None:
    path, refusals = folder / name, 0
    whole = path.read_text()
    ways = list(leaves(json.loads(whole)))
    assert len(ways) > 5
    for way in ways:
        for value in ODD:
            raw = part = json.loads(whole)
            for key in way[:-1]:
                part = part[key]
            part[way[-1]] = value
            path.write_text(json.dumps(raw))
            try:
                open_checkpoint(folder)
            except CheckpointError as error:
                assert len(error.problem.sentence) < 500  # noqa: PT017
                refusals += 1
    assert refusals or name == "generation_config.json"


def set_value(folder: Path, ending: str, value: float) -> str:
    """Put a number into the first tensor whose name ends so; its name."""
    path = folder / SINGLE
    with safe_open(path, "np") as file:
        name = str(next(key for key in file.keys() if key.endswith(ending)))  # noqa: SIM118 - it is no dict
    raw = bytearray(path.read_bytes())
    length = int.from_bytes(raw[:8], "little")
    entry = json.loads(raw[8 : 8 + length])[name]
    end = 8 + length + entry["data_offsets"][1]
    size = 4 if entry["dtype"] == "F32" else 2
    bits = np.float16(value).tobytes() if entry["dtype"] == "F16" else np.float32(value).tobytes()[-size:]
    raw[end - size : end] = bits
    path.write_bytes(raw)
    return name


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("ending", [".scales", "input_layernorm.weight", "q_norm.weight", "attn.qkv.bias"])
def test_numbers_that_are_none_are_named(folder: Path, ending: str, value: float) -> None:
    name = set_value(folder, ending, value)
    assert name in refused(folder)


def test_numbers_of_16_bits_that_are_none_are_named(folder: Path) -> None:
    header = json.dumps({"norm.weight": {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}}).encode()
    from app.engine.checkpoints.check_finite import check_finite  # noqa: PLC0415
    from app.engine.checkpoints.tensor_files import find_tensors  # noqa: PLC0415

    for bits, is_fine in ((0x3F80, True), (0x7F7F, True), (0x7F80, False), (0xFF80, False), (0x7FC0, False)):
        content = np.array([0x3F80, bits, 0], np.uint16).tobytes()
        (folder / SINGLE).write_bytes(len(header).to_bytes(8, "little") + header + content)
        if is_fine:
            check_finite(find_tensors(folder))
        else:
            with pytest.raises(CheckpointError, match=r"norm\.weight"):
                check_finite(find_tensors(folder))


def test_a_tokenizer_that_asks_for_more_than_the_model_has(folder: Path) -> None:
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text())
    added = dict(raw["added_tokens"][-1])
    raw["added_tokens"].append({**added, "id": 10**8, "content": "<|more|>"})
    raw["model"]["vocab"]["<|more|>"] = 10**8
    path.write_text(json.dumps(raw))
    assert "tokenizer.json has more tokens than the model's vocabulary" in refused(folder)


def test_a_tokenizer_that_pads_to_a_billion_tokens_does_not(folder: Path) -> None:
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text())
    raw["padding"] = {
        "strategy": {"Fixed": 10**9}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "x",
    }  # fmt: skip
    raw["truncation"] = {"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0}
    path.write_text(json.dumps(raw))
    assert 1 < len(ChatTokenizer(open_checkpoint(folder)).encode("What is this?")) < 100
