"""Models that think, told by the files of their folders."""

import json
import shutil
from pathlib import Path

import pytest

from app.domain.errors import CheckpointError
from app.domain.settings.generation_options import GREEDY, THINKING, Sampling
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.thinking import folder_thinks, is_thinking
from tests.engine.conftest import TinyCheckpoint
from tests.support.thinking import GENERATION, TEMPLATE, make_thinking
from tests.support.tiny_checkpoint import Layout

INSTRUCT = "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
STRIPS_ONLY = "{%- set content = content.split('</think>')[-1] %}{{ '<think>' }}" + INSTRUCT
HYBRID = (
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}"
)


def named(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("template", "expected"), [(TEMPLATE, True), (INSTRUCT, False), (STRIPS_ONLY, False), (HYBRID, False)]
)
def test_the_template_decides(tmp_path: Path, template: str, *, expected: bool) -> None:
    files = {
        "chat_template.jinja": template,
        "chat_template.json": json.dumps({"chat_template": template}),
        "tokenizer_config.json": json.dumps({"chat_template": [{"name": "default", "template": template}]}),
    }
    for file, content in files.items():
        folder = named(tmp_path, f"{file}/Some-Thinking")
        (folder / file).write_text(content, encoding="utf-8")
        assert folder_thinks(folder) is expected


def test_the_name_counts_only_without_a_template(tmp_path: Path) -> None:
    assert folder_thinks(named(tmp_path, "Qwen3-VL-2B-Thinking-W4A16"))
    assert not folder_thinks(named(tmp_path, "Qwen3-VL-2B-Instruct"))
    commit = "0123456789" * 4
    assert folder_thinks(named(tmp_path, f"Qwen--Qwen3-VL-2B-Thinking/{commit}"))
    assert folder_thinks(named(tmp_path, f"models--Qwen--Qwen3-VL-2B-Thinking/snapshots/{commit}"))


@pytest.mark.parametrize("file", ["chat_template.jinja", "chat_template.json", "tokenizer_config.json"])
def test_a_template_that_is_no_file_is_refused(tmp_path: Path, file: str) -> None:
    named(tmp_path, file)
    with pytest.raises(CheckpointError, match="not a regular file"):
        folder_thinks(tmp_path)


def test_sampling_is_the_publishers(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> None:
    plain = tiny_checkpoint(Layout.PLAIN)
    thinking = make_thinking(plain, tmp_path / "tiny")
    assert open_checkpoint(thinking).thinks
    assert open_checkpoint(thinking).sampling == THINKING
    (thinking / "generation_config.json").write_text(json.dumps(GENERATION | {"temperature": 0.8}), encoding="utf-8")
    sampling = open_checkpoint(thinking).sampling
    assert sampling == Sampling(temperature=0.8, top_p=0.95, top_k=20, presence_penalty=0.0)
    assert not open_checkpoint(plain).thinks


def test_a_gguf_file_has_its_template_in_itself() -> None:
    assert is_thinking(TEMPLATE, "Qwen3-VL-2B-Instruct-Q4_K_M")
    assert not is_thinking(INSTRUCT, "Qwen3-VL-2B-Thinking-Q4_K_M")
    assert is_thinking(None, "Qwen3-VL-2B-Thinking-Q4_K_M")


def test_a_reader_of_documents_is_greedy_as_published(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint(Layout.PLAIN), tmp_path / "FireRed-OCR-W4A16"))
    assert open_checkpoint(folder).sampling == GREEDY
