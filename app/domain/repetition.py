"""Taking the circle out of a text that ends by going round in one."""

MOST_TAIL = 20_000
"""Characters at the end that are looked at."""


def without_circle(text: str) -> str:
    """`text` with what it repeats at its end left there once.

    The circle is the shortest one that goes round at least four times.
    """
    tail = text[-MOST_TAIL:][::-1]
    # Knuth, Morris and Pratt's failure function over the reversed tail: how far its beginning repeats at each place.
    borders = [0] * len(tail)
    best = (0, 0)
    length = 0
    for place in range(1, len(tail)):
        while length and tail[place] != tail[length]:
            length = borders[length - 1]
        length += tail[place] == tail[length]
        borders[place] = length
        period = place + 1 - length
        if place + 1 >= 4 * period and place + 1 - period > best[0]:
            best = (place + 1 - period, period)
    repeated, _period = best
    return text[: len(text) - repeated]
