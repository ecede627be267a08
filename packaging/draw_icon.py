"""Draw the application's icon: `python packaging/draw_icon.py SIZE FILE`; FILE ends in .png, .ico or .icns."""

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QGuiApplication, QIcon

ICON = Path(__file__).resolve().parents[1] / "resources" / "icons" / "lorgnette.svg"


def draw_icon(size: int, target: Path) -> None:
    """Write a square of `size` pixels; in an .ico or .icns also the smaller sizes that the systems ask for."""
    drawn = target.with_suffix(".png")
    if not QIcon(str(ICON)).pixmap(size, size).save(str(drawn), "PNG"):
        raise OSError(f"{drawn} could not be written.")
    if drawn != target:
        with Image.open(drawn) as picture:
            picture.save(target)
        drawn.unlink()


if __name__ == "__main__":
    application = QGuiApplication([])
    draw_icon(int(sys.argv[1]), Path(sys.argv[2]))
