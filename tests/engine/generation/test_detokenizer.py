"""Text is the same however it is cut into tokens, and every delta has whole characters."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel as ByteAlphabet

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


def cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    """Tokens, none of them empty, that end at these places."""
    ends = sorted({min(place, len(content)) for place in places} | {len(content)})
    starts = [0, *ends[:-1]]
    return [content[start:end] for start, end in zip(starts, ends, strict=True) if start < end]


def deltas(tokens: Sequence[bytes]) -> list[str]:
    """What a detokenizer says to tokens of these bytes, and at last when it is finished."""
    detokenizer = Detokenizer(lambda ids: b"".join(tokens[token] for token in ids).decode("utf-8", "replace"))
    return [*(detokenizer.push(token) for token in range(len(tokens))), detokenizer.finish()]


texts = st.text(st.sampled_from("aé日👍\u0301"), max_size=20)
places = st.lists(st.integers(1, 60), max_size=40)


@given(texts, places)
@example("日日日日", [1, 2, 4, 5, 7, 8])  # Each token but the first ends one character and begins the next.
@example("👍👍", [1, 2, 3, 5, 6, 7])  # Four tokens are there, the last of them with half a character.
def test_any_cut_of_a_text_gives_whole_characters_as_soon_as_they_are_there(text: str, places: list[int]) -> None:
    tokens = cut(text.encode(), places)
    said = deltas(tokens)
    assert "".join(said) == text
    for number in range(len(tokens)):
        whole = b"".join(tokens[: number + 1]).decode("utf-8", "ignore")
        assert "".join(said[: number + 1]) == whole


@given(st.lists(st.sampled_from([b"\xff", b"\xf0", b"\x9f", b"\x98", b"\x80", b"\xe6", b"a", "é".encode()])), places)
@example([b"\xff", b"\xff", b"\xff", b"\xf0", b"\x9f", b"\x98", b"\x80"], [1, 2, 3, 4, 5, 6])
@example([b"\xff"] * 30, list(range(30)))
def test_any_cut_of_any_bytes_gives_the_same_text(content: list[bytes], places: list[int]) -> None:
    whole = b"".join(content)
    said = deltas(cut(whole, places))
    assert "".join(said) == whole.decode("utf-8", "replace")
    assert sum(map(len, said[:-1])) >= len(whole.decode("utf-8", "replace")) - 1


@given(st.lists(st.integers(0, 255), max_size=30))
@example(list("日👍".encode()))
@example([0xFF, 0xFF, 0xFF, *"👍".encode()])
def test_the_tokenizers_own_decoder_is_understood(tokens: list[int]) -> None:
    """That of Qwen's tokenizer: a token of each byte, decoded as `tokenizers` does."""
    detokenizer = Detokenizer(lambda ids: BYTES.decode(list(ids)))
    said = [*map(detokenizer.push, tokens), detokenizer.finish()]
    assert "".join(said) == BYTES.decode(tokens) == bytes(tokens).decode("utf-8", "replace")


def byte_tokenizer() -> Tokenizer:
    """Its tokens are bytes, by their values; ByteLevel writes those that are not printable as letters above them."""
    letters = set(ByteAlphabet.alphabet())
    others = iter(sorted(letter for letter in letters if ord(letter) > 255))
    vocabulary = {chr(byte) if chr(byte) in letters else next(others): byte for byte in range(256)}
    tokenizer = Tokenizer(BPE(vocabulary, []))
    tokenizer.decoder = ByteLevel()
    return tokenizer


BYTES = byte_tokenizer()
