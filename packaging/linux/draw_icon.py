"""Draw the application's icon as a PNG: `python packaging/linux/draw_icon.py SIZE FILE`."""

import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QIcon

ICON = Path(__file__).resolve().parents[2] / "resources" / "icons" / "lorgnette.svg"

if __name__ == "__main__":
    application = QGuiApplication([])
    size = int(sys.argv[1])
    sys.exit(0 if QIcon(str(ICON)).pixmap(size, size).save(sys.argv[2], "PNG") else 1)
