"""Trained weights, with their massive activations: each runtime's default says what Hugging Face's model says."""

import pytest

from app.domain.settings.load_options import LoadOptions
from app.engine.runtimes.openvino.devices import cpu_has_16_bits
from tests.support.runtimes import RUNTIMES
from tests.support.trained_checkpoint import skip_without_weights
from tests.support.trained_truth import Truth, agreement, inexact_share, truth_of


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    skip_without_weights()
    return truth_of(tmp_path_factory.mktemp("trained"))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_default_says_what_hugging_face_says(truth: Truth, runtime: str) -> None:
    """Activations in 8 bits, in blocks of 128 or 32, are beyond these bounds: see decision 0050."""
    in_bf16 = runtime == "torch" or (runtime == "openvino" and cpu_has_16_bits())
    ours = agreement(truth, runtime, LoadOptions())
    assert ours.divergence <= (0.001 if in_bf16 else 0.0001)
    assert ours.top_1 >= (0.97 if in_bf16 else 1.0)
    assert in_bf16 or ours.answer == truth.answer


def test_the_likeliest_64_have_exact_logits(truth: Truth) -> None:
    """With 128 candidates one of them has not at two of five positions: see decision 0007."""
    assert inexact_share(truth, 64) <= 0.02
