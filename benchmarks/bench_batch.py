"""Many images unattended: how fast, and whether memory stays flat.

`python -m benchmarks.bench_batch [COUNT]` prints small images, runs `lorgnette batch` over them, and looks at the
memory of its processes meanwhile.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.support.printed_text import print_text

SAMPLES = 10


def resident(process: psutil.Process) -> float:
    """Megabytes of a process and its children."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def main(count: int) -> None:
    """Print memory as images get done, and images a second."""
    with tempfile.TemporaryDirectory() as folder:
        scans, out = Path(folder) / "scans", Path(folder) / "out"
        scans.mkdir()
        for number in range(count):
            print_text(scans / f"{number:04}.png", f"Item {number}", f"Price {number % 97}.50")
        command = [
            sys.executable,
            "-m",
            "app",
            "batch",
            str(scans),
            "-o",
            str(out),
            "--format",
            "txt",
            "--format",
            "xlsx",
        ]
        started, next_sample = time.perf_counter(), count // SAMPLES
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
            process = psutil.Process(running.pid)
            while running.poll() is None:
                time.sleep(0.2)
                done = len(list(out.glob("*.txt"))) if out.is_dir() else 0
                if done >= next_sample and running.poll() is None:
                    print(f"{done:5} done   {resident(process):6.0f} MB resident")
                    next_sample += count // SAMPLES
        seconds = time.perf_counter() - started
        print(f"{count / seconds:.2f} images a second, exit status {running.returncode}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
