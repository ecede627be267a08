"""Places on an image that is looked at turned."""


def turned(x: float, y: float, turns: int) -> tuple[float, float]:
    """Where the place (x, y), in shares of the sides, is after so many quarter turns clockwise."""
    for _ in range(turns % 4):
        x, y = 1 - y, x
    return x, y


def turned_box(box: tuple[float, float, float, float], turns: int) -> tuple[float, float, float, float]:
    """The same for a box: left, top, right, bottom."""
    (x0, y0), (x1, y1) = turned(box[0], box[1], turns), turned(box[2], box[3], turns)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
