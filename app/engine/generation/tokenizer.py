"""The checkpoint's tokenizer, with one more guarantee: no text is encoded as a special token."""

from collections.abc import Sequence

from tokenizers import Tokenizer

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import Checkpoint

TURN_START, TURN_END, TEXT_END = "<|im_start|>", "<|im_end|>", "<|endoftext|>"


def _byte_characters() -> dict[int, int]:
    """Return the byte of each character of byte-level BPE, by code point (GPT-2's `bytes_to_unicode`)."""
    shown = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
    others = (byte for byte in range(0x100) if byte not in shown)
    return dict(zip((*shown, *range(0x100, 0x200)), (*shown, *others), strict=False))


BYTES = _byte_characters()


class ChatTokenizer:
    """Text to token ids and back."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        content = checkpoint.tokenizer_json()
        try:
            self._tokenizer = Tokenizer.from_str(content)
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(checkpoint_texts.TOKENIZER_DAMAGED, file=checkpoint.tokenizer_path.name) from error
        # The file may also request padding to a billion tokens, or truncation of the question.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        if (
            max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
            >= checkpoint.config.text.vocab_size
        ):
            raise CheckpointError(checkpoint_texts.TOKENIZER_TOO_RICH, file=checkpoint.tokenizer_path.name)
        # "<|im_end|>" in a question, or in a text read from an image, is eight characters and not the end of a turn.
        self._tokenizer.encode_special_tokens = True
        self.turn_start = self._special(TURN_START)
        self.turn_end = self._special(TURN_END)
        self.end_tokens = frozenset({*checkpoint.end_tokens, self.turn_end, self._special(TEXT_END)})

    def encode(self, text: str) -> list[int]:
        """Encode plain text; none of the tokens is special."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, token_ids: Sequence[int]) -> str:
        """Decode tokens, skipping special ones; bytes that are not UTF-8 become U+FFFD."""
        return self._tokenizer.decode(list(token_ids), skip_special_tokens=True)

    def token_bytes(self, count: int) -> list[bytes]:
        """Return the bytes of each token id below `count`; those of special and of unused ones begin with 0xFF.

        No text has that byte. Raises UnicodeEncodeError if the tokenizer is not byte-level.
        """
        found = [b"\xff<%d>" % token for token in range(count)]
        added = self._tokenizer.get_added_tokens_decoder()
        for name, token in self._tokenizer.get_vocab(with_added_tokens=True).items():
            if token not in added:
                found[token] = name.translate(BYTES).encode("latin-1")
            elif not added[token].special:
                found[token] = added[token].content.encode()
        return found

    def _special(self, name: str) -> int:
        token: int | None = self._tokenizer.token_to_id(name)
        if token is None:
            raise CheckpointError(checkpoint_texts.TOKENIZER_LACKS_TOKEN, token=name)
        return token
