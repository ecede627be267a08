"""Going on from a model that was released: its weights, token by token and with the 4-bit ones written out."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from app.engine.runtimes.torch.gptq import GptqWeight, dequantized

EMBEDDINGS = "model.language_model.embed_tokens.weight"


@torch.no_grad()
def start_from(folder: Path, model: Any, tokenizer: Tokenizer) -> None:  # noqa: ANN401 - transformers is not typed
    """Give `model` the weights of the quantised model in `folder`; tokens that it does not know keep theirs."""
    state = _written_out(load_file(folder / "model.safetensors"))
    known = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    embeddings = model.get_input_embeddings().weight.clone()
    for token, number in tokenizer.get_vocab().items():
        if token in known:
            embeddings[number] = state[EMBEDDINGS][known[token]]
    missing, unknown = model.load_state_dict(state | {EMBEDDINGS: embeddings}, strict=False)
    if unknown or set(missing) > {"lm_head.weight"}:
        message = f"{folder} is of another shape: {[*missing, *unknown]}"
        raise ValueError(message)


def _written_out(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        if part == "qweight":
            state[f"{layer}.weight"] = dequantized(GptqWeight(tensor, tensors[f"{layer}.scales"]), torch.float32)
        elif part not in ("scales", "qzeros"):
            state[name] = tensor.float()
    return state
