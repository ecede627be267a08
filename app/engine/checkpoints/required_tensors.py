"""What the tensors of a checkpoint must be; without NumPy, which the help of commands does not need."""

from dataclasses import dataclass

BITS = (4, 8)
MIN_GROUP = 16
"""Smallest group of weights with one scale; all runtimes multiply whole groups of this many."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One required tensor: its name, shape and possible dtypes."""

    name: str
    shape: tuple[int, ...]
    dtypes: tuple[str, ...]


FLOATS = ("F16", "BF16", "F32")
FLOAT8 = "F8_E4M3"
"""The dtype of 8-bit floats as safetensors names it."""
INTEGERS = ("I32",)
INDEXES = ("I32", "I64")


def bits_of(rows: int, inputs: int) -> int:
    """Return the bits of each number if `inputs` of them are packed into `rows` int32, 0 if they cannot be."""
    return rows * 32 // inputs if rows * 32 % inputs == 0 else 0
