from collections.abc import Sequence

import pytest

from app.engine.generation.detokenizer import Detokenizer


def decode_bytes(tokens: Sequence[int]) -> str:
    """A tokenizer whose tokens are bytes."""
    return bytes(tokens).decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["plain", "naïve café", "日本語", "👩‍👩‍👧‍👦!", "mixed é日👍 end", "مرحبا"])
def test_pieces_are_whole_characters_and_join_to_the_text(text: str) -> None:
    detokenizer = Detokenizer(decode_bytes)

    texts = [detokenizer.push(byte) for byte in text.encode()]
    rest = detokenizer.finish()

    assert "".join(texts) + rest == text
    assert rest == ""
    assert not any("\N{REPLACEMENT CHARACTER}" in text_part for text_part in texts)
    assert sum(text_part != "" for text_part in texts) == len(text)


def test_half_a_character_at_the_end_is_shown_as_broken() -> None:
    detokenizer = Detokenizer(decode_bytes)
    assert [detokenizer.push(byte) for byte in "a日".encode()[:-1]] == ["a", "", ""]
    assert detokenizer.finish() == "\N{REPLACEMENT CHARACTER}"
    assert detokenizer.finish() == ""


def test_bytes_that_never_become_a_character_do_not_hold_up_the_rest() -> None:
    detokenizer = Detokenizer(decode_bytes)
    text = "".join(detokenizer.push(byte) for byte in b"\xff\xfe\xff\xfe ok") + detokenizer.finish()
    assert text.endswith(" ok")


def test_a_space_that_a_tokenizer_drops_at_the_start_of_a_text_is_kept_inside_it() -> None:
    words = {0: "▁Hello", 1: "▁world", 2: "!"}

    def decode(tokens: Sequence[int]) -> str:
        return "".join(words[token] for token in tokens).replace("▁", " ").removeprefix(" ")

    detokenizer = Detokenizer(decode)
    assert [detokenizer.push(token) for token in (0, 1, 2)] == ["Hello", " world", "!"]
