"""The checkpoint's tokenizer, with one more guarantee: no text is encoded as a special token."""

from collections.abc import Sequence

from tokenizers import Tokenizer

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import Checkpoint

TURN_START, TURN_END, TEXT_END = "<|im_start|>", "<|im_end|>", "<|endoftext|>"


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

    def _special(self, name: str) -> int:
        token: int | None = self._tokenizer.token_to_id(name)
        if token is None:
            raise CheckpointError(checkpoint_texts.TOKENIZER_LACKS_TOKEN, token=name)
        return token
