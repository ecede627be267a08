"""When an answer is aborted, and which of its words are shown by then."""

from app.domain.text.confidence import TextDelta
from app.engine.generation.confidence_guard import WINDOW, ConfidenceGuard


def test_a_confident_answer_is_not_aborted() -> None:
    guard = ConfidenceGuard(0.7)
    assert not any(guard.should_abort(probability, "a") for probability in (0.99, 0.99, 0.3, 0.95) * 20)
    assert any(guard.should_abort(0.1, "a") for _ in range(3))


def test_a_single_unlikely_token_at_the_start_is_enough() -> None:
    assert ConfidenceGuard(0.7).should_abort(0.4, "a")


def test_digits_are_not_counted() -> None:
    guard = ConfidenceGuard(0.7)
    assert not any(guard.should_abort(0.3, digit) for digit in ("7", " 3", "76, ") * 20)
    assert guard.should_abort(0.3, "x")


def test_text_is_held_back_until_as_many_tokens_have_followed() -> None:
    guard, shown = ConfidenceGuard(0.5), []
    for number in range(20):
        assert not guard.should_abort(0.9, "a")
        guard.hold(TextDelta(str(number)))
        shown += guard.release()
    assert [delta.text for delta in shown] == [str(number) for number in range(20 - WINDOW)]
    assert [delta.text for delta in guard.release(is_over=True)] == [str(number) for number in range(12, 20)]
    assert guard.release(is_over=True) == []
