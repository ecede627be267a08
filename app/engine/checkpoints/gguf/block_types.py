"""The types of GGUF tensors: numbers in the file, names, and the size of their blocks; without NumPy.

Source: https://github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py (GGMLQuantizationType, GGML_QUANT_SIZES).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockType:
    """`weights` of a row are stored together in `size` bytes; `group` of them share a scale if they are quantised."""

    name: str
    weights: int
    size: int
    group: int = 0

    @property
    def bits(self) -> int:
        """Number of bits of an integer, which quantised types are named after."""
        return int(self.name[1])

    @property
    def has_offsets(self) -> bool:
        """Return whether groups have an offset beside their scale."""
        return self.name in {"Q4_1", "Q5_1", "Q4_K", "Q5_K"}


BLOCK_TYPES = {
    0: BlockType("F32", 1, 4),
    1: BlockType("F16", 1, 2),
    2: BlockType("Q4_0", 32, 18, 32),
    3: BlockType("Q4_1", 32, 20, 32),
    6: BlockType("Q5_0", 32, 22, 32),
    7: BlockType("Q5_1", 32, 24, 32),
    8: BlockType("Q8_0", 32, 34, 32),
    12: BlockType("Q4_K", 256, 144, 32),
    13: BlockType("Q5_K", 256, 176, 32),
    14: BlockType("Q6_K", 256, 210, 16),
    30: BlockType("BF16", 1, 2),
}
"""The types that can be opened, by their number in the file."""
QUANTIZED = {block.name: block for block in BLOCK_TYPES.values() if block.group}
"""The quantised types that can be opened, by name."""
OTHER_TYPES = {
    9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
}  # fmt: skip
"""Names of the types that cannot be opened."""
