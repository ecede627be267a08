"""Maps normalised coordinates through 90° rotations."""


def rotated(x: float, y: float, quarter_turns: int) -> tuple[float, float]:
    """Return the position (x, y), in fractions of the sides, after `quarter_turns` clockwise."""
    for _ in range(quarter_turns % 4):
        x, y = 1 - y, x
    return x, y


def rotated_box(box: tuple[float, float, float, float], quarter_turns: int) -> tuple[float, float, float, float]:
    """Return a box (left, top, right, bottom), in fractions of the sides, after `quarter_turns` clockwise."""
    (x0, y0), (x1, y1) = rotated(box[0], box[1], quarter_turns), rotated(box[2], box[3], quarter_turns)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
