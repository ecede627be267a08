"""Numbers of a checkpoint's formats become float32 exactly."""

import numpy as np

from app.engine.checkpoints.arrays import fp16_as_float


def test_each_float16_is_the_number_that_numpy_says() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, 4)
    for halves in (finite, finite[::3], every):  # The last ones have infinities and NaN.
        np.testing.assert_array_equal(fp16_as_float(halves), halves.astype(np.float32))
    assert np.array_equal(np.signbit(fp16_as_float(finite)), np.signbit(finite))
