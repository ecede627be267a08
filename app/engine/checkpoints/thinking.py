"""Tells whether a model thinks before it answers, as Qwen3-VL-Thinking does: by its chat template, else by its name."""

from pathlib import Path
from typing import Any

from app.domain.models.model_catalog import model_display_name
from app.domain.text.thoughts import THINK_END, THINK_START
from app.engine.checkpoints.config import not_regular, read_json, unreadable
from app.regular_files import NotRegular, TooLarge, read_regular

MAX_TEMPLATE_BYTES = 1024 * 1024
"""Maximum size in bytes of a chat template that is looked at; published ones have up to 20 kB."""
_GENERATION_PROMPT = "add_generation_prompt"
_NAME_OF_THINKING = "thinking"


def opens_thought(template: str) -> bool:
    r"""Return whether the prompt for an answer, at the end of a chat template, opens the reasoning with `<think>`.

    If it can close it at once, too, as that of Qwen3's hybrid models, the model itself decides, and writes the tag.
    """
    _, condition, prompt = template.rpartition(_GENERATION_PROMPT)
    return bool(condition) and THINK_START in prompt and THINK_END not in prompt


def is_thinking(template: object, name: str) -> bool:
    """Return whether a model with this chat template thinks; without a template, whether its `name` says so."""
    return opens_thought(template) if isinstance(template, str) else _NAME_OF_THINKING in name.casefold()


def folder_thinks(folder: Path) -> bool:
    """Return whether the model in `folder` thinks. Raises CheckpointError for a file that cannot be read."""
    return is_thinking(_chat_template(folder), model_display_name(folder.resolve()))


def _chat_template(folder: Path) -> str | None:
    """Return the chat template, looked for where transformers looks, in the same order."""
    path = folder / "chat_template.jinja"
    if path.exists():
        try:
            return read_regular(path, MAX_TEMPLATE_BYTES).decode("utf-8", "replace")
        except (NotRegular, TooLarge) as error:
            raise not_regular(path) from error
        except OSError as error:
            raise unreadable(path, error) from error
    for name in ("chat_template.json", "tokenizer_config.json"):
        if (folder / name).exists() and (template := _default(read_json(folder / name).get("chat_template"))):
            return template
    return None


def _default(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """Return a template; of several named ones, the default."""
    if isinstance(value, list):
        named = {item.get("name"): item.get("template") for item in value if isinstance(item, dict)}
        value = named.get("default")
    return value if isinstance(value, str) else None
