"""`transformers serve`: a server that is not ours, on this machine, with models from a cache that the test fills."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.processes import wait_until

PACKAGES = ("fastapi", "openai", "uvicorn")
"""What `transformers serve` needs beside transformers itself: its extra "serving"."""
TORCHVISION = Path(sys.prefix) / "torchvision"
REVISION = "0" * 40
START_SECONDS = 120.0
END_SECONDS = 10.0
CHAT_TEMPLATE = """
{%- for message in messages -%}
  {{- "<|im_start|>" + message.role + "\n" -}}
  {%- for part in message.content -%}
    {{- "<|vision_start|><|image_pad|><|vision_end|>" if part.type == "image" else part.text -}}
  {%- endfor -%}
  {{- "<|im_end|>\n" -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<|im_start|>assistant\n" -}}{%- endif -%}
"""
"""Qwen3-VL's, for text and images."""


@contextlib.contextmanager
def transformers_server(folder: Path, checkpoints: Mapping[str, Path]) -> Iterator[str]:
    """The base address of a server that has `checkpoints` by their names, "owner/model".

    It keeps its files in `folder`; the checkpoints are copied, because transformers wants files that they do not have.
    """
    for name, checkpoint in checkpoints.items():
        _fill_cache(folder / "hub", name, checkpoint)
    log = folder / "log.txt"
    arguments = ["serve", "--host", "127.0.0.1", "--port", "0", "--device", "cpu"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.run_transformers", str(TORCHVISION), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
            env=os.environ | _settings(folder),
        )
    try:
        yield f"{_address(server, log)}/v1"
    finally:
        server.terminate()
        try:
            server.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _settings(folder: Path) -> dict[str, str]:
    switched_on = ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_UPDATE_CHECK")
    return {"HF_HOME": str(folder), "HF_HUB_CACHE": str(folder / "hub"), **dict.fromkeys(switched_on, "1")}


def _fill_cache(hub: Path, name: str, checkpoint: Path) -> None:
    repository = hub / f"models--{name.replace('/', '--')}"
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION, encoding="ascii")
    snapshot = shutil.copytree(checkpoint, repository / "snapshots" / REVISION)
    tokenizer = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    (snapshot / "tokenizer_config.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    video_processor = {"video_processor_type": "Qwen3VLVideoProcessor"}
    (snapshot / "video_preprocessor_config.json").write_text(json.dumps(video_processor), encoding="utf-8")
    (snapshot / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, once it says so."""
    said: list[str] = []

    def has_started() -> bool:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert server.poll() is None, f"the server has ended: {text}"
        said[:] = re.findall(r"running on (http://127\.0\.0\.1:\d+)", text)
        return bool(said)

    wait_until(has_started, START_SECONDS)
    return said[0]
