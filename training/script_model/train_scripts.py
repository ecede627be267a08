"""Train the network that tells scripts apart, on rendered lines.

`python -m training.script_model.train_scripts FONTS…`, which are folders with fonts, writes
resources/script_model/weights.npz, and prints how lines that it was not trained on are told apart. About five minutes
on one core.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from app.engine.reader.script_of_lines import HEIGHT, STRIDES, WEIGHTS, picture
from training.script_model.script_lines import ALPHABETS, Lines

CHANNELS = (12, 24, 48, 48)
WIDTH = 160
BATCH = 96
LINES_EACH, EPOCHS = 1600, 10


class Network(nn.Module):
    """The layers of app/engine/reader/script_of_lines.py."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (1, *CHANNELS)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride, padding=1)
            for before, after, stride in zip(sizes, CHANNELS, STRIDES, strict=False)
        )
        self.out = nn.Linear(2 * CHANNELS[-1], len(ALPHABETS))

    def forward(self, ink: torch.Tensor) -> torch.Tensor:
        """[batch, 1, HEIGHT, width] to [batch, scripts]."""
        for layer in self.layers:
            ink = torch.relu(layer(ink))
        return self.out(torch.cat([ink.mean(dim=(2, 3)), ink.amax(dim=(2, 3))], dim=1))  # type: ignore[no-any-return]


def drawn(lines: Lines, each: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pieces of lines, uint8 [n, 1, HEIGHT, WIDTH], and their scripts."""
    chance = np.random.default_rng(3)
    pieces, scripts = [], []
    for script in range(len(ALPHABETS)):
        for _ in range(each):
            ink = picture(lines.draw(script))
            start = int(chance.integers(0, max(1, ink.shape[1] - WIDTH + 1)))
            piece = np.zeros((HEIGHT, WIDTH), np.float32)
            cut = ink[:, start : start + WIDTH]
            piece[:, : cut.shape[1]] = cut
            pieces.append(np.clip(piece * 170, 0, 255).astype(np.uint8))
            scripts.append(script)
    return torch.from_numpy(np.stack(pieces)[:, None]), torch.tensor(scripts)


def as_ink(pieces: torch.Tensor) -> torch.Tensor:
    """The pieces as the network sees them."""
    return pieces.float() / 170


def main(fonts: list[Path]) -> None:
    """Draw, train, save, and print a table."""
    torch.manual_seed(5)
    torch.set_num_threads(1)
    started = time.time()
    pieces, scripts = drawn(Lines(fonts, 1), LINES_EACH)
    unseen, truth = drawn(Lines(fonts, 2), 100)
    print(f"drawn after {time.time() - started:.0f} s")
    network = Network()
    steps = EPOCHS * (len(pieces) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(pieces))
        for batch in order[: len(order) // BATCH * BATCH].reshape(-1, BATCH):
            optimiser.zero_grad()
            told = network(as_ink(pieces[batch]))
            torch.autograd.backward(nn.functional.cross_entropy(told, scripts[batch], label_smoothing=0.02))
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            right = (network(as_ink(unseen)).argmax(dim=1) == truth).float()
        print(f"epoch {epoch}: {100 * right.mean():.1f} % of unseen lines, {time.time() - started:.0f} s", flush=True)
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez_compressed(WEIGHTS, allow_pickle=False, **_arrays(network))
    print("each script:", " ".join(f"{100 * right[truth == script].mean():.0f}" for script in range(len(ALPHABETS))))


def _arrays(network: Network) -> dict[str, Any]:
    arrays: dict[str, Any] = {"out": network.out.weight, "out_bias": network.out.bias}
    for number, layer in enumerate(network.layers):
        arrays |= {f"kernel{number}": layer.weight, f"bias{number}": layer.bias}
    return {name: array.detach().numpy().astype(np.float16) for name, array in arrays.items()}


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
