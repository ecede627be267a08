"""Qt's text positions: Qt counts UTF-16 units, Python characters, and they differ after the first emoji."""

from bisect import bisect_left


class QtPositions:
    """Maps a text's characters to Qt's positions."""

    def __init__(self, text: str) -> None:
        has_pairs = bool(text) and max(text) > "\uffff"
        self._pairs = [index for index, character in enumerate(text) if character > "\uffff"] if has_pairs else []

    def of(self, index: int) -> int:
        """Return Qt's position of the character at `index`."""
        return index + bisect_left(self._pairs, index)


def qt_position(text: str, index: int) -> int:
    """Return Qt's position of the character at `index` of `text`; for many in one text, use QtPositions."""
    return QtPositions(text[:index]).of(index)
