"""The chat template that is published with Qwen3-VL-2B-, 4B- and 8B-Thinking, and a tiny checkpoint that has it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATE = Path(__file__).with_name("thinking_template.jinja").read_text(encoding="utf-8")
"""As published, Apache-2.0, but for the parts on tools, which Lorgnette never has."""
GENERATION = {"do_sample": True, "temperature": 1.0, "top_p": 0.95, "top_k": 20, "repetition_penalty": 1.0}


def rendered(messages: Sequence[Mapping[str, Any]], *, add_generation_prompt: bool) -> str:
    """Messages as transformers renders the template."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE).render(
        messages=list(messages), add_generation_prompt=add_generation_prompt
    )


def make_thinking(checkpoint: Path, folder: Path) -> Path:
    """A copy of a tiny checkpoint with the template, where transformers 4.57 saves it, and the sampling."""
    shutil.copytree(checkpoint, folder)
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": TEMPLATE}), encoding="utf-8")
    generation = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
    (folder / "generation_config.json").write_text(json.dumps(generation | GENERATION), encoding="utf-8")
    return folder
