"""Maps coordinates through 90° rotations, in fractions of the sides or, with the sizes given, in pixels."""


def rotated(x: float, y: float, quarter_turns: int, width: float = 1, height: float = 1) -> tuple[float, float]:
    """Return the position of (x, y) after an image of `width` and `height` is rotated clockwise by `quarter_turns`."""
    match quarter_turns % 4:
        case 1:
            return height - y, x
        case 2:
            return width - x, height - y
        case 3:
            return y, width - x
        case _:
            return x, y


def rotated_box(
    box: tuple[float, float, float, float], quarter_turns: int, width: float = 1, height: float = 1
) -> tuple[float, float, float, float]:
    """Return a box (left, top, right, bottom) after such a rotation."""
    x0, y0 = rotated(box[0], box[1], quarter_turns, width, height)
    x1, y1 = rotated(box[2], box[3], quarter_turns, width, height)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
