"""The engine tests' tiny checkpoints."""

from tests.engine.conftest import tiny_checkpoint

__all__ = ["tiny_checkpoint"]
