"""Recording what a card does as a CUDA graph."""

from collections.abc import Callable

import torch
from torch import Tensor

Body = Callable[[], Tensor]
Capture = Callable[[Body], Body]
"""Records a function, which always reads and writes the same tensors, and returns one that does the same again."""

WARM_UPS = 3


def capture_cuda_graph(body: Body) -> Body:
    """Record `body` as a CUDA graph, after warming up on a stream of its own as torch asks."""
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
