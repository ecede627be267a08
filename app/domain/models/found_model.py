"""A model of another program on this computer, which can be opened in place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundModel:
    """`path` is what to open: a folder, a GGUF file or a manifest of Ollama's; `program` is the name of its owner."""

    name: str
    path: str
    program: str
