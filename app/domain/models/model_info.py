"""An opened model."""

from dataclasses import dataclass

from app.domain.models.model_policy import FULL_MODEL, ModelPolicy

DEMO_NAME = "Demo (short printed text)"
"""The shown name of the bundled model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """An opened model, worded for the status line, with its policy.

    `server` is the host that answers, empty for this machine; `leaves_machine` is True if the data sent there leaves
    this machine. A server does not report its `context_length`, which is 0 then.
    """

    name: str
    folder: str
    scheme: str
    device: str
    device_reason: str
    context_length: int
    policy: ModelPolicy = FULL_MODEL
    server: str = ""
    leaves_machine: bool = False
