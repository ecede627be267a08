"""The checkpoint's tokenizer, with one promise more: no text can pass for a special token."""

from collections.abc import Sequence

from tokenizers import Tokenizer

from app.domain.errors import CheckpointError
from app.engine.checkpoints.open_checkpoint import Checkpoint

TURN_START, TURN_END, TEXT_END = "<|im_start|>", "<|im_end|>", "<|endoftext|>"


class ChatTokenizer:
    """Text to token ids and back."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer_path))
        except Exception as error:  # the library raises bare Exception
            raise CheckpointError(
                f"The model's {checkpoint.tokenizer_path.name} is damaged.", todo="Download that file again."
            ) from error
        # "<|im_end|>" in a question, or in a text read from an image, is eight characters and not the end of a turn.
        self._tokenizer.encode_special_tokens = True
        self.turn_start = self._special(TURN_START)
        self.turn_end = self._special(TURN_END)
        self.end_tokens = frozenset({*checkpoint.end_tokens, self.turn_end, self._special(TEXT_END)})

    def encode(self, text: str) -> list[int]:
        """The tokens of plain text, none of them special."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, token_ids: Sequence[int]) -> str:
        """The text of tokens, without the special ones; bytes that are not UTF-8 become U+FFFD."""
        return self._tokenizer.decode(list(token_ids), skip_special_tokens=True)

    def _special(self, name: str) -> int:
        token: int | None = self._tokenizer.token_to_id(name)
        if token is None:
            raise CheckpointError(
                f"The model's tokenizer has no {name}, so it does not belong to a Qwen3-VL model.",
                todo="Download the model again.",
            )
        return token
