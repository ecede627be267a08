"""Model folders that are broken, swapped, or made to do harm."""

import json
import math
import os
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.paths import DEMO_MODEL
from tests.faults.conftest import Tries
from tests.faults.test_disk import is_well_reported
from tests.support.driver import Driver

REFUSAL_SECONDS = 2.0
HANG_SECONDS = 30.0
"""A refusal that takes so long is none; the two seconds are reported, since other work may hold a machine up."""
MAX_BYTES = 1536 << 20
"""Of the engine's memory, at its highest: the demo model itself takes a third of that."""

Break = Callable[[Path], None]
WEIGHTS, CONFIG, TOKENIZER, PREPROCESSOR = (
    "model.safetensors", "config.json", "tokenizer.json", "preprocessor_config.json",
)  # fmt: skip


def changed(name: str, change: Callable[[Any], None]) -> Break:
    """Change what a JSON file of the model says."""

    def do(folder: Path) -> None:
        content = json.loads((folder / name).read_bytes())
        change(content)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")

    return do


def written(name: str, part: bytes, times: int = 1, end: bytes = b"") -> Break:
    """Put something else in place of a file: a part, so many times, and an end."""

    def do(folder: Path) -> None:
        (folder / name).write_bytes(part * times + end)

    return do


def numbers(path: str, value: object) -> Break:
    """Set a number of the configuration, by its path."""

    def change(content: dict[str, Any]) -> None:
        *groups, last = path.split("/")
        for group in groups:
            content = content[group]
        content[last] = value

    return changed(CONFIG, change)


def removed(name: str) -> Break:
    return lambda folder: (folder / name).unlink()


def linked(name: str, target: str) -> Break:
    def do(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return do


def piped(name: str) -> Break:
    def do(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return do


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def cut_tokenizer(folder: Path) -> None:
    os.truncate(folder / TOKENIZER, 5000)


def truncated(folder: Path) -> None:
    path = folder / WEIGHTS
    os.truncate(path, path.stat().st_size // 2)


def header_of(said: int, begin: bytes = b"{", part: bytes = b"}", times: int = 1) -> Break:
    """Weights whose header is said to be so long, and is made of a beginning and a part, so many times."""

    def do(folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(struct.pack("<Q", said) + begin + part * times)

    return do


def vast_header(folder: Path) -> None:
    entries = b",".join(
        b'"t%07d":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}' % number for number in range(1_900_000)
    )
    content = b"{" + entries + b"}"
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(content)) + content + bytes(4))


Tensors = dict[str, dict[str, Any]]
"""The header of the weights: by name the `dtype`, the `shape` and the `data_offsets`."""


def header_changed(change: Callable[[Tensors], None]) -> Break:
    """Have the weights' header say something else of the same bytes (https://github.com/huggingface/safetensors)."""

    def do(folder: Path) -> None:
        content = (folder / WEIGHTS).read_bytes()
        (size,) = struct.unpack("<Q", content[:8])
        tensors = json.loads(content[8 : 8 + size])
        tensors.pop("__metadata__", None)
        change(tensors)
        header = json.dumps(tensors).encode()
        (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + content[8 + size :])

    return do


def swap_two(tensors: Tensors) -> None:
    one, two = min(tensors), max(tensors)
    tensors[one], tensors[two] = tensors[two], tensors[one]


def lie_about_shapes(tensors: Tensors) -> None:
    for tensor in tensors.values():
        tensor["shape"] = [math.prod(tensor["shape"])]


def lie_about_places(tensors: Tensors) -> None:
    for tensor in tensors.values():
        tensor["data_offsets"] = [1 << 60, (1 << 60) + 4]


def drop_half(tensors: Tensors) -> None:
    for name in sorted(tensors)[::2]:
        del tensors[name]


def scales_of(value: float) -> Break:
    """Have all scales of the 4-bit weights be the same half-precision number."""

    def do(folder: Path) -> None:
        content = bytearray((folder / WEIGHTS).read_bytes())
        (size,) = struct.unpack("<Q", content[:8])
        for name, tensor in json.loads(content[8 : 8 + size]).items():
            if name.endswith(".scales"):
                start, stop = (8 + size + place for place in tensor["data_offsets"])
                content[start:stop] = struct.pack("<e", value) * ((stop - start) // 2)
        (folder / WEIGHTS).write_bytes(content)

    return do


def index_outside(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    names = {"model.visual.patch_embed.proj.weight": "../../../../etc/passwd"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}), encoding="utf-8")


def looping_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(folder)


FOLDERS: dict[str, Break] = {
    "empty": emptied,
    "no weights": removed(WEIGHTS),
    "no tokenizer": removed(TOKENIZER),
    "truncated weights": truncated,
    "no bytes of weights": written(WEIGHTS, b""),
    "text for weights": written(WEIGHTS, b"weights", 1000),
    "a header of 2^63 bytes": header_of(1 << 63),
    "a header of 100 MB of spaces": header_of(100 << 20, b"{", b" ", 100 << 20),
    "a header of 100 MB of tensors": vast_header,
    "a header of deep nesting": header_of(100_000, b"", b"[", 100_000),
    "swapped tensors": header_changed(swap_two),
    "lying shapes": header_changed(lie_about_shapes),
    "lying places": header_changed(lie_about_places),
    "half of the tensors": header_changed(drop_half),
    "scales of NaN": scales_of(float("nan")),
    "infinite scales": scales_of(float("inf")),
    "weights of a link outside": linked(WEIGHTS, "/etc/passwd"),
    "weights of a link to themselves": linked(WEIGHTS, WEIGHTS),
    "weights of /dev/zero": linked(WEIGHTS, "/dev/zero"),
    "configuration of /dev/zero": linked(CONFIG, "/dev/zero"),
    "preprocessor of /dev/zero": linked(PREPROCESSOR, "/dev/zero"),
    "weights of a pipe": piped(WEIGHTS),
    "configuration of a pipe": piped(CONFIG),
    "tokenizer of a pipe": piped(TOKENIZER),
    "generation of a pipe": piped("generation_config.json"),
    "an index that leads outside": index_outside,
    "a folder that is a loop": looping_folder,
    "2^31 layers": numbers("text_config/num_hidden_layers", 1 << 31),
    "2^62 hidden": numbers("text_config/hidden_size", 1 << 62),
    "a vocabulary of 10^12": numbers("text_config/vocab_size", 10**12),
    "0 heads": numbers("text_config/num_attention_heads", 0),
    "-1 layers": numbers("text_config/num_hidden_layers", -1),
    "10^9 vision layers": numbers("vision_config/depth", 10**9),
    "a patch of 0": numbers("vision_config/patch_size", 0),
    "layers of NaN": numbers("text_config/num_hidden_layers", float("nan")),
    "words for numbers": numbers("text_config/head_dim", "many"),
    "groups of 0": numbers("quantization_config/group_size", 0),
    "another architecture": numbers("model_type", "llama"),
    "a configuration that is nested": written(CONFIG, b"[", 200_000),
    "a configuration that is a list": written(CONFIG, b"[]"),
    "a configuration of 300 MB": written(CONFIG, b" ", 300 << 20, b"{}"),
    "a tokenizer of another kind": written(TOKENIZER, b'{"model": {"type": "BPE"}}'),
    "a tokenizer cut off": cut_tokenizer,
    "a tokenizer without its words": changed(TOKENIZER, lambda content: content["model"]["vocab"].clear()),
    "a tokenizer with wild numbers": changed(
        TOKENIZER,
        lambda content: content["model"]["vocab"].update(dict.fromkeys(list(content["model"]["vocab"])[:50], 10**9)),
    ),
    "a preprocessor of absurd sizes": changed(
        PREPROCESSOR, lambda content: content["size"].update(longest_edge=10**18, shortest_edge=0)
    ),
}
MAY_OPEN = {
    "a preprocessor of absurd sizes", "a tokenizer without its words", "a tokenizer with wild numbers",
    "generation of a pipe", "swapped tensors", "a tokenizer of another kind", "weights of a link outside",
}  # fmt: skip
"""Refused or not: these can be opened without harm."""


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def objections(app: Driver, folder: Path, *, may_open: bool) -> tuple[list[str], float]:
    """Open a folder, and return what is to be said against what happened, with the seconds that it took."""
    app.read()
    since = len(app.facts)
    begun = time.monotonic()
    app.do("open_model", folder=str(folder))
    end = app.wait_for("status", HANG_SECONDS, lambda fact: fact["state"] in {"failed", "died", "ready"}, since)
    took = time.monotonic() - begun
    found = []
    if end["state"] == "ready" and not may_open:
        found.append("it was opened")
    if end["state"] == "died":
        found.append("it has killed the engine")
    if end["state"] != "ready":
        found += is_well_reported([end["problem"]])
        if not any(name in end["problem"] for name in (folder.name, *NAMES)):
            found.append(f"nothing is named: {end['problem']}")
    if peak_bytes(app.engine("model")) > MAX_BYTES:
        found.append(f"it took {peak_bytes(app.engine('model')) >> 20} MB")
    app.do("ping", 5)
    return found, took


NAMES = (
    WEIGHTS,
    CONFIG,
    TOKENIZER,
    PREPROCESSOR,
    "index.json",
    "generation_config.json",
    "tensor",
    "tokenizer",
    "group size",
    "holds",
)
"""A file, a tensor, a number of the configuration, or what the folder holds in place of a model."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("broken", FOLDERS, ids=lambda name: name.replace(" ", "-"))
def test_a_folder_that_is_broken_is_refused_by_name(
    app: Driver, home: Path, broken: str, record_property: Callable[[str, object], None]
) -> None:
    """In a sentence that names it, soon, with bounded memory; the window goes on, and opens a good one."""
    folder = shutil.copytree(DEMO_MODEL, home / "Broken-Model")
    FOLDERS[broken](folder)
    found, took = objections(app, folder, may_open=broken in MAY_OPEN)
    record_property("refused within 2 s", took < REFUSAL_SECONDS)
    assert found == []


def test_flipped_bits_hang_and_kill_nothing(app: Driver, home: Path, rng: Random, tries: Tries) -> None:
    """Bytes of the configuration, the tokenizer and the header of the weights are others: it opens, or is refused."""
    for number in range(tries(6, 200)):
        folder = shutil.copytree(DEMO_MODEL, home / f"Broken-{number}")
        name = rng.choice([CONFIG, TOKENIZER, WEIGHTS, PREPROCESSOR])
        content = bytearray((folder / name).read_bytes())
        for _ in range(rng.randrange(1, 20)):
            content[rng.randrange(min(len(content), 20_000))] = rng.randrange(256)
        (folder / name).write_bytes(content)
        assert objections(app, folder, may_open=True)[0] == []
        shutil.rmtree(folder)


def test_twin_a_folder_that_opens_and_a_memory_that_grows_are_objected_to(
    app: Driver, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(DEMO_MODEL, home / "Good-Model")
    assert objections(app, folder, may_open=True)[0] == []
    assert objections(app, folder, may_open=False)[0] == ["it was opened"]
    monkeypatch.setattr("tests.faults.test_model_folders.MAX_BYTES", 1 << 20)
    (said,) = objections(app, folder, may_open=True)[0]
    assert said.startswith("it took")
    monkeypatch.setattr("tests.faults.test_model_folders.HANG_SECONDS", 0.01)
    with pytest.raises(AssertionError, match="no status within"):
        objections(app, folder, may_open=True)
