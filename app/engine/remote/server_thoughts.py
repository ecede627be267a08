"""The reasoning in what a server sends: in a field of its own, between tags, or before a closing tag alone."""

from app.domain.text.thoughts import THINK_START, ThoughtSplitter


class ServerThoughts:
    """Splits streamed chunks into reasoning and answer.

    A thinking model's prompt has opened the reasoning, so that a server which passes on the bare text sends no
    `<think>`. With `is_thinking`, text therefore counts as reasoning up to `</think>`; if the answer ends without one,
    the server has left the reasoning out, and all of the text is the answer: what was told of it is withdrawn.
    """

    def __init__(self, *, is_thinking: bool) -> None:
        self._splitter = ThoughtSplitter(is_open=is_thinking)
        self._is_supposed = is_thinking
        self._text: list[str] = []

    def push(self, text: str, thought: str) -> tuple[str, str]:
        """Add a chunk's text and its field of reasoning; return what can be told of the reasoning and the answer."""
        if thought and self._is_supposed and not self._text:
            self._splitter, self._is_supposed = ThoughtSplitter(), False
        reasoning, answer = self._splitter.push(text)
        if text and self._is_supposed:
            self._text.append(text)
            if not self._splitter.is_thinking or "".join(self._text[:8]).lstrip().startswith(THINK_START):
                self._is_supposed = False
                self._text.clear()
        return f"{thought}{reasoning}", answer

    def finish(self, *, is_complete: bool) -> tuple[str | None, str]:
        """Return the reasoning and the answer that are held back when the text ends; `is_complete` if by itself.

        The reasoning is None if there was none, in spite of what was told.
        """
        reasoning, answer = self._splitter.finish()
        if self._is_supposed and self._text and is_complete:
            return None, "".join(self._text)
        return reasoning, answer
