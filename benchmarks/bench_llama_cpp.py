"""Side by side with llama.cpp: `python -m benchmarks.bench_llama_cpp FOLDER LLAMA [ROUNDS]`.

FOLDER holds the checkpoint that `benchmarks.full_size` writes. LLAMA holds llama.cpp built for this machine
(`llama-bench` and `llama-mtmd-cli`), and a Qwen3-VL-2B of the same shapes as `q4_0.gguf` and `mmproj.gguf` (16 bits).
The two take turns, so that a noisy machine is as noisy to both; each figure is the median over the rounds. Run it on
a quiet machine.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

SIDES = (448, 1024)
CONTEXT, NEW_TOKENS = 1024, 48
DECODE, PREFILL = f"decode, context {CONTEXT}: tokens/s", f"prefill, {CONTEXT} tokens: tokens/s"

Figures = dict[str, float]


def main() -> None:
    """Take turns and print the medians with their ratios."""
    folder, llama = Path(sys.argv[1]), Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    ours, theirs = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for _ in range(rounds):
        for kept, figures in ((theirs, measure_llama_cpp(llama)), (ours, measure_lorgnette(folder))):
            for name, value in figures.items():
                kept[name].append(value)
    print(f"{'':40}{'Lorgnette':>12}{'llama.cpp':>12}{'ratio':>8}")
    for name in theirs:
        own, other = statistics.median(ours[name]), statistics.median(theirs[name])
        ratio = own / other if name in (DECODE, PREFILL) else other / own
        print(f"{name:40}{own:12.2f}{other:12.2f}{ratio:8.2f}   {ours[name]} {theirs[name]}")


def measure_lorgnette(folder: Path) -> Figures:
    """What `lorgnette bench` says."""
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "bench.json"
        command = [sys.executable, "-m", "app", "bench", str(folder), "--sides", *map(str, SIDES)]
        subprocess.run([*command, "--json", str(written)], check=True, stdout=subprocess.DEVNULL)
        named = json.loads(written.read_text(encoding="utf-8"))["figures"]
    values = {name: round(figure["value"], 2) for name, figure in named.items()}
    largest = f"{SIDES[-1]} x {SIDES[-1]}"
    figures = {DECODE: values[f"{largest}: decode"], PREFILL: values[f"{largest}: prefill"]}
    for side in SIDES:
        figures[_vision_encode(side)] = values[f"{side} x {side}: vision encode"]
        figures[_first_token(side)] = values[f"{side} x {side}: time to first token"]
    return figures


def measure_llama_cpp(llama: Path) -> Figures:
    """What `llama-bench` and `llama-mtmd-cli` say."""
    threads = str(os.cpu_count())
    figures: Figures = {}
    for name, arguments in (
        (DECODE, ["-p", "0", "-n", str(NEW_TOKENS), "-d", str(CONTEXT)]),
        (PREFILL, ["-p", str(CONTEXT), "-n", "0"]),
    ):
        command = [
            _binary(llama, "llama-bench"),
            "-m",
            str(llama / "q4_0.gguf"),
            "-t",
            threads,
            "-r",
            "2",
            "-o",
            "json",
        ]
        (result,) = json.loads(_output([*command, *arguments]))
        figures[name] = round(result["avg_ts"], 2)
    models = ["-m", str(llama / "q4_0.gguf"), "--mmproj", str(llama / "mmproj.gguf")]
    with tempfile.TemporaryDirectory() as scratch:
        for side in SIDES:
            path = Path(scratch) / f"{side}.png"
            Image.fromarray(np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)).save(path)
            said = _output([
                _binary(llama, "llama-mtmd-cli"), *models,
                "--image", str(path), "-p", "What is on this image?", "-n", "4", "-t", threads, "--temp", "0",
                "-c", "4096", "-v", "--no-warmup",
            ])  # fmt: skip
            figures[_vision_encode(side)] = _seconds(r"mtmd batch encoding done in (\d+) ms", said)
            figures[_first_token(side)] = _seconds(r"prompt eval time = +([\d.]+) ms", said)
    return figures


def _seconds(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    assert found, f"llama-mtmd-cli no longer says {pattern}"
    return round(float(found[1]) / 1000, 2)


def _vision_encode(side: int) -> str:
    return f"vision encode, {side} x {side}: s"


def _first_token(side: int) -> str:
    return f"first token, {side} x {side}: s"


def _binary(llama: Path, name: str) -> str:
    return str(next(llama.glob(f"**/bin/{name}")))


def _output(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace")
    return done.stdout + (done.stderr if "json" not in command else "")


if __name__ == "__main__":
    main()
