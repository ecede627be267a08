"""Captures GPU work as a CUDA graph."""

from collections.abc import Callable

import torch
from torch import Tensor

Body = Callable[[], Tensor]
Capture = Callable[[Body], Body]
"""Captures a function that always reads and writes the same tensors, and returns one that replays it."""

WARM_UPS = 3


def capture_cuda_graph(body: Body) -> Body:
    """Capture `body` as a CUDA graph, after warming up on a separate stream as torch requires."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            body()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = body()

    def replay() -> Tensor:
        graph.replay()
        return result

    return replay
