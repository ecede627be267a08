"""Contact sheets: one picture of a video's frames side by side, each with its time."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

ACROSS = 4
GAP = 4
_BACKGROUND, _TEXT_COLOUR, _LABEL_BACKGROUND = (32, 32, 29), (255, 255, 255), (0, 0, 0)


def contact_sheet(frames: Sequence[tuple[float, Image.Image]], size: int) -> Image.Image:
    """Return an RGB picture of frames and their times in seconds, ACROSS in a row, at most `size` pixels a side.

    A single frame has no time on it.
    """
    across = min(ACROSS, len(frames))
    rows = -(-len(frames) // across)
    width, height = frames[0][1].size
    scale = min((size - GAP * (across - 1)) / across / width, (size - GAP * (rows - 1)) / rows / height, 1.0)
    cell = (max(1, round(width * scale)), max(1, round(height * scale)))
    sheet = Image.new("RGB", (across * (cell[0] + GAP) - GAP, rows * (cell[1] + GAP) - GAP), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(max(10, cell[1] // 7))
    for number, (seconds, frame) in enumerate(frames):
        corner = (number % across * (cell[0] + GAP), number // across * (cell[1] + GAP))
        sheet.paste(frame.resize(cell, Image.Resampling.BICUBIC), corner)
        if len(frames) == 1:
            break
        label = f"{int(seconds) // 60}:{seconds % 60:04.1f}"
        position = (corner[0] + 4, corner[1] + 4)
        left, top, right, bottom = draw.textbbox(position, label, font=font)
        draw.rectangle((left - 3, top - 2, right + 3, bottom + 2), fill=_LABEL_BACKGROUND)
        draw.text(position, label, fill=_TEXT_COLOUR, font=font)
    return sheet
