"""The same GGUF here and in llama.cpp: `python -m benchmarks.bench_llama_logits PYTHON`.

The file holds trained weights in Qwen3-VL's shape (SmolLM2-135M, see tests.support.trained_checkpoint): linear layers
in Q4_1, q and k in 32 bits, the embedding in Q8_0. PYTHON is an interpreter that has llama-cpp-python. Both get the
same tokens and are compared with Hugging Face's model in 32 bits holding the same dequantised weights.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from app.domain.settings.load_options import LoadOptions
from app.engine.benchmark import TEXT
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.tokenizer import ChatTokenizer
from benchmarks.bench_trained_weights import row, shown
from tests.support.gguf_files import GgufVariant, make_gguf
from tests.support.reference import Reference, dequantized_state
from tests.support.trained_checkpoint import make_trained
from tests.support.trained_truth import ANSWER, PROMPT, Agreement, Truth, measured

VARIANT = GgufVariant("Q4_1", {"token_embd.weight": "Q8_0", "attn_q.weight": "F32", "attn_k.weight": "F32"})
LLAMA = """
import json, sys
import numpy as np
from llama_cpp import Llama
model, asked, told, count = sys.argv[1], np.load(sys.argv[2]).tolist(), sys.argv[3], int(sys.argv[4])
sizes = dict(n_ctx=1024, n_batch=1024, n_ubatch=1024, n_threads=2, n_threads_batch=2)
llama = Llama(model, logits_all=True, verbose=False, **sizes)
llama.eval(asked)
np.save(told, llama.scores[: len(asked)])
answer = [int(llama.scores[len(asked) - 1].argmax())]
while len(answer) < count:
    llama.eval(answer[-1:])
    answer.append(int(llama.scores[llama.n_tokens - 1].argmax()))
print(json.dumps(answer))
"""


def main(python: str) -> None:
    """Print a row for llama.cpp and for each of this engine's choices."""
    print("engine | top-1 the same | KL, mean | greedy tokens the same")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        truth = truth_of_gguf(folder)
        print(shown(truth, "llama.cpp", llama_cpp(python, folder, truth)))
        for runtime in ("openvino", "onnxruntime"):
            print(row(truth, f"{runtime}, default", runtime, LoadOptions()))
            print(row(truth, f"{runtime}, 8 bits", runtime, LoadOptions(exact_activations=False)))


def truth_of_gguf(folder: Path) -> Truth:
    """Write the model as `folder`/gguf and ask Hugging Face's model."""
    trained, plain = make_trained(folder / "trained"), folder / "plain"
    shutil.copytree(trained, plain, ignore=shutil.ignore_patterns("*.safetensors"))
    state = dequantized_state(trained)
    save_file(state, plain / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text(encoding="utf-8"))
    del config["quantization_config"]
    (plain / "config.json").write_text(json.dumps(config), encoding="utf-8")
    name_spare_rows(plain / "tokenizer.json", config["text_config"]["vocab_size"])
    gguf = make_gguf(plain, folder / "gguf", VARIANT)
    checkpoint, reference = open_checkpoint(gguf), Reference(gguf / "twin")
    tokens = np.array(ChatTokenizer(checkpoint).encode(TEXT), np.int64)
    logits = reference.all_logits(tokens)[PROMPT - 1 :]
    return Truth(checkpoint, tokens, logits, reference.answer(tokens, None, ANSWER).tokens)


def name_spare_rows(path: Path, rows: int) -> None:
    """Add tokens to a tokenizer.json until the embedding's every row has one, as llama.cpp demands."""
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    first = 1 + max(token["id"] for token in tokenizer["added_tokens"])
    last = 1 + max(tokenizer["model"]["vocab"].values())
    like = tokenizer["added_tokens"][-1]
    spare = range(max(first, last), rows)
    tokenizer["added_tokens"] += [{**like, "id": number, "content": f"<|spare{number}|>"} for number in spare]
    path.write_text(json.dumps(tokenizer), encoding="utf-8")


def llama_cpp(python: str, folder: Path, truth: Truth) -> Agreement:
    """Return how near llama.cpp comes."""
    (model,) = (path for path in (folder / "gguf").glob("*.gguf") if not path.name.startswith("mmproj"))
    asked, told = folder / "asked.npy", folder / "told.npy"
    np.save(asked, truth.tokens)
    command = [python, "-c", LLAMA, str(model), str(asked), str(told), str(ANSWER)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return measured(truth, np.load(told)[PROMPT - 1 :], json.loads(said.splitlines()[-1]))


if __name__ == "__main__":
    main(sys.argv[1])
