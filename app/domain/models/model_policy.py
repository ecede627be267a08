"""What a model is good for, and how far its answers are to be trusted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPolicy:
    """The defaults are those of a full model; the bundled one has a file with others.

    `name` is shown in place of the folder's. `is_placeholder` is true for a model to which any other is preferred.
    `sample` is the name of the sample image that it can answer about. An answer has at most `max_new_tokens`, and
    becomes `fallback` if its confidence falls below `min_confidence`; None stands for no limit.
    """

    name: str = ""
    is_placeholder: bool = False
    can_translate: bool = True
    can_extract_fields: bool = True
    can_read_documents: bool = True
    sample: str = "receipt.png"
    max_new_tokens: int | None = None
    min_confidence: float = 0.0
    fallback: str = ""


FULL_MODEL = ModelPolicy()
"""The policy of every model that has no file."""
