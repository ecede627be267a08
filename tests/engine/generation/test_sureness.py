"""When a model is taken to be lost, and which of its words are shown by then."""

from app.domain.doubt import Piece
from app.engine.generation.sureness import WINDOW, Sureness


def test_a_model_that_knows_what_it_says_is_not_lost() -> None:
    sureness = Sureness(0.7)
    assert not any(sureness.is_lost(probability, "a") for probability in (0.99, 0.99, 0.3, 0.95) * 20)
    assert any(sureness.is_lost(0.1, "a") for _ in range(3))


def test_a_single_unlikely_token_at_the_start_is_enough() -> None:
    assert Sureness(0.7).is_lost(0.4, "a")


def test_digits_are_not_counted() -> None:
    sureness = Sureness(0.7)
    assert not any(sureness.is_lost(0.3, digit) for digit in ("7", " 3", "76, ") * 20)
    assert sureness.is_lost(0.3, "x")


def test_text_is_held_back_until_as_many_tokens_have_followed() -> None:
    sureness, shown = Sureness(0.5), []
    for number in range(20):
        assert not sureness.is_lost(0.9, "a")
        sureness.hold(Piece(str(number)))
        shown += sureness.released()
    assert [piece.text for piece in shown] == [str(number) for number in range(20 - WINDOW)]
    assert [piece.text for piece in sureness.released(is_over=True)] == [str(number) for number in range(12, 20)]
    assert sureness.released(is_over=True) == []
