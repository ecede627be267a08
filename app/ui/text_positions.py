"""Qt counts text in units of UTF-16, Python in characters: they part ways behind the first emoji."""


def qt_position(text: str, index: int) -> int:
    """Qt's position of the character at `index`."""
    return index + sum(character > "\uffff" for character in text[:index])
