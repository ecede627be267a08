"""What rounding costs a model with trained weights: `python -m benchmarks.bench_trained_weights`.

SmolLM2-135M in Qwen3-VL's shape, W4A16 in groups of 128, against Hugging Face's model in 32 bits with the same
dequantised weights, over a text of prose, figures and JSON. Needs the packages of `packaging/check.sh`.
"""

import tempfile
from pathlib import Path

from app.domain.settings.load_options import LoadOptions
from app.engine.runtimes.onnxruntime import graph_builder
from tests.support.runtimes import RUNTIMES
from tests.support.trained_truth import Agreement, Truth, agreement, shortlist_errors, truth_of

OLD_BLOCK = 128
LIKELIEST = 64


def main() -> None:
    """Print a row for each runtime and choice."""
    print("runtime, activations | top-1 the same | KL, mean | greedy tokens the same")
    with tempfile.TemporaryDirectory() as folder:
        truth = truth_of(Path(folder))
        for runtime in RUNTIMES:
            print(row(truth, f"{runtime}, default", runtime, LoadOptions()))
            if runtime != "torch":
                print(row(truth, f"{runtime}, 8 bits", runtime, LoadOptions(exact_activations=False)))
        inexact, error_of_sum = shortlist_errors(truth, LIKELIEST)
        print(f"shortlist: {100 * inexact:.1f} % of positions with an inexact one of the {LIKELIEST} likeliest,")
        print(f"  error of the softmax's sum {100 * error_of_sum:.3f} %")
        graph_builder.BLOCK = OLD_BLOCK
        print(row(truth, "onnxruntime, 8 bits in blocks of 128", "onnxruntime", LoadOptions(exact_activations=False)))


def row(truth: Truth, name: str, runtime: str, options: LoadOptions) -> str:
    """Measure a runtime and return its row."""
    return shown(truth, name, agreement(truth, runtime, options))


def shown(truth: Truth, name: str, ours: Agreement) -> str:
    """Return a row of the table."""
    equal = next((n for n, pair in enumerate(zip(ours.answer, truth.answer, strict=True)) if len(set(pair)) > 1), None)
    same = len(truth.answer) if equal is None else equal
    return f"{name} | {100 * ours.top_1:.1f} % | {ours.divergence:.5f} | {same} of {len(truth.answer)}"


if __name__ == "__main__":
    main()
