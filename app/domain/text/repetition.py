"""Removes a degenerate repetition from the end of generated text."""

MAX_TAIL = 20_000
"""Number of characters at the end of a text that are examined."""


def without_repeated_tail(text: str) -> str:
    """Return `text` with the repetition at its end reduced to one occurrence.

    The period is the shortest one that occurs at least four times.
    """
    tail = text[-MAX_TAIL:][::-1]
    # Knuth-Morris-Pratt failure function over the reversed tail: length of the prefix that ends at each position.
    borders = [0] * len(tail)
    best = (0, 0)
    length = 0
    for position in range(1, len(tail)):
        while length and tail[position] != tail[length]:
            length = borders[length - 1]
        length += tail[position] == tail[length]
        borders[position] = length
        period = position + 1 - length
        if position + 1 >= 4 * period and position + 1 - period > best[0]:
            best = (position + 1 - period, period)
    repeated, _period = best
    return text[: len(text) - repeated]
