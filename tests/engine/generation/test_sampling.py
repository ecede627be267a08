from dataclasses import replace

import numpy as np
import pytest

from app.domain.settings.generation_options import GREEDY, Sampling
from app.engine.generation.sampling import Sampler

LOGITS = np.array([1.0, 3.0, 2.0, -5.0, 2.5], np.float32)


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    exponentials = np.exp(logits.astype(np.float64) / temperature)
    return np.asarray(exponentials / exponentials.sum())


def draw_many(sampling: Sampling, count: int = 20_000) -> np.ndarray:
    """Frequencies of the first token of many answers."""
    drawn = [Sampler(replace(sampling, seed=seed)).draw(LOGITS) for seed in range(count)]
    return np.bincount(drawn, minlength=len(LOGITS)) / count


def test_greedy_takes_the_likeliest_and_the_first_of_equals() -> None:
    sampler = Sampler(GREEDY)
    assert [sampler.draw(LOGITS) for _ in range(3)] == [1, 1, 1]
    assert sampler.draw(np.zeros(4, np.float32)) == 0


def test_temperature_shapes_the_frequencies() -> None:
    free = Sampling(temperature=0.9, top_p=1.0, top_k=0, presence_penalty=0.0)
    assert np.abs(draw_many(free) - probabilities(LOGITS, 0.9)).max() < 0.015


def test_top_k_draws_from_the_k_likeliest() -> None:
    frequencies = draw_many(Sampling(temperature=1.0, top_p=1.0, top_k=2, presence_penalty=0.0))
    expected = probabilities(LOGITS[[1, 4]], 1.0)
    assert set(np.flatnonzero(frequencies)) == {1, 4}
    assert np.abs(frequencies[[1, 4]] - expected).max() < 0.015


def test_top_p_draws_from_the_smallest_set_that_reaches_it() -> None:
    # 0.46, 0.28, 0.17, ... : two reach 0.7, three are needed for 0.8.
    assert set(np.flatnonzero(draw_many(Sampling(temperature=1.0, top_p=0.7, top_k=0), 3000))) == {1, 4}
    assert set(np.flatnonzero(draw_many(Sampling(temperature=1.0, top_p=0.8, top_k=0), 3000))) == {1, 2, 4}
    assert set(np.flatnonzero(draw_many(Sampling(temperature=1.0, top_p=0.01, top_k=0), 500))) == {1}


def test_the_penalty_is_taken_once_from_what_was_said() -> None:
    sampler = Sampler(Sampling(temperature=0.0, presence_penalty=0.75))
    # 3.0 -> 2.25 falls behind 2.5; 2.5 -> 1.75 behind 2.25; and no token is punished twice.
    assert [sampler.draw(LOGITS) for _ in range(4)] == [1, 4, 1, 1]
    assert LOGITS.tolist() == [1.0, 3.0, 2.0, -5.0, 2.5]


@pytest.mark.parametrize("top_k", [0, 20, 1000])
def test_a_seed_repeats_an_answer(top_k: int) -> None:
    logits = np.random.default_rng(0).normal(size=(40, 300)).astype(np.float32)
    one, two = (Sampler(Sampling(top_k=top_k, seed=4)) for _ in range(2))
    other = Sampler(Sampling(top_k=top_k, seed=5))
    answers = [[sampler.draw(row) for row in logits] for sampler in (one, two, other)]
    assert answers[0] == answers[1] != answers[2]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_repetition_penalty_is_that_of_hugging_face(temperature: float) -> None:
    import torch  # noqa: PLC0415 - slow to import
    from transformers import RepetitionPenaltyLogitsProcessor  # noqa: PLC0415

    logits, prompt = np.array([2.0, 1.9, -1.0, 0.5], np.float32), (0, 2)
    processed = RepetitionPenaltyLogitsProcessor(1.5)(torch.tensor([prompt]), torch.from_numpy(logits)[None])
    sampling = Sampling(temperature=temperature, top_k=1, presence_penalty=0.0, repetition_penalty=1.5)
    sampler = Sampler(sampling, prompt)
    assert sampler.draw(logits) == int(processed.argmax()) == 1
    assert sampler.draw(np.array([1.0, 1.2, 0.9, 0.85], np.float32)) == 3  # The only one not said yet.
    assert logits.tolist() == pytest.approx([2.0, 1.9, -1.0, 0.5])
