"""The policy of the bundled model, which lies beside its folder.

A folder of another origin has none: what comes from a hub does not decide what the application offers.
"""

import os
from pathlib import Path

import msgspec

from app.domain.models.model_policy import FULL_MODEL, ModelPolicy
from app.paths import DEMO_MODEL

POLICY = DEMO_MODEL.with_name(f"{DEMO_MODEL.name}_policy.json")


def policy_of(folder: Path) -> ModelPolicy:
    """Return the policy of the model in `folder`."""
    if os.path.realpath(folder) != str(DEMO_MODEL):  # Path.resolve raises for a link that leads to itself.
        return FULL_MODEL
    return msgspec.json.decode(POLICY.read_bytes(), type=ModelPolicy)
