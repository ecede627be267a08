"""Icons: Lucide's, drawn in the colour that a button's text would have."""

from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QPushButton, QWidget

from app.paths import RESOURCES
from app.ui.widgets.theme import zoomed

FOLDER = RESOURCES / "icons" / "lucide"
SIZE = 16
"""Width and height of an icon in pixels of the style sheet."""

BUTTON_SIZE = 30
"""Width and height of a button with an icon, in pixels of the style sheet."""


class Icon(StrEnum):
    """An icon, by the name of its file."""

    ADD_IMAGES = "image-plus"
    CLOSE = "x"
    COPY = "copy"
    DONE = "check"
    EDIT = "pencil"
    EXPANDED = "chevron-down"
    FULL_SCREEN = "maximize"
    IMAGES = "images"
    LARGER = "zoom-in"
    NEXT = "chevron-right"
    PREVIOUS = "chevron-left"
    QUOTE = "quote"
    REGENERATE = "refresh-cw"
    RESET = "rotate-ccw"
    REUSE = "repeat-2"
    ROTATE = "rotate-cw"
    SIDEBAR = "panel-left"
    SMALLER = "zoom-out"
    UP = "chevron-up"


_DIRECTED = {Icon.NEXT, Icon.PREVIOUS, Icon.QUOTE, Icon.SIDEBAR}
"""Icons that are mirrored where text runs from right to left."""
_DISABLED = QPalette.ColorGroup.Disabled


class IconButton(QPushButton):
    """A button with an icon in place of text. It may be drawn only while it is revealed or has the focus."""

    def __init__(self, icon: Icon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown_icon = icon
        self._is_revealed = True

    @property
    def is_revealed(self) -> bool:
        """True if the button is drawn whether it has the focus or not."""
        return self._is_revealed

    def show_icon(self, icon: Icon) -> None:
        """Show another icon."""
        self.shown_icon = icon
        self.update()

    def reveal(self, *, is_revealed: bool) -> None:
        """Draw the button always, or only while it has the focus; its place, clicks and keys are the same."""
        self._is_revealed = is_revealed
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of a square around the icon; without text, Qt would leave room for some."""
        side = zoomed(self, BUTTON_SIZE)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button and its icon."""
        if not (self._is_revealed or self.hasFocus() or self.underMouse()):
            return
        super().paintEvent(event)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = self.palette().color(group, QPalette.ColorRole.ButtonText)
        side = zoomed(self, SIZE)
        place = QRectF(QPointF(0, 0), QSizeF(side, side))
        place.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        draw_icon(painter, self.shown_icon, colour, place, self.layoutDirection())
        painter.end()


def draw_icon(painter: QPainter, icon: Icon, colour: QColor, place: QRectF, direction: Qt.LayoutDirection) -> None:
    """Draw an icon, mirrored if it is directed and text runs from right to left."""
    painter.save()
    if icon in _DIRECTED and direction is Qt.LayoutDirection.RightToLeft:
        painter.translate(2 * place.center().x(), 0)
        painter.scale(-1, 1)
    _renderer(icon, colour.name()).render(painter, place)
    painter.restore()


def qt_icon(icon: Icon, widget: QWidget) -> QIcon:
    """Return an icon for a button of Qt's own, in the colours and at the size of `widget` as it is now."""
    made, side, ratio = QIcon(), zoomed(widget, SIZE), widget.devicePixelRatioF()
    for group, mode in ((QPalette.ColorGroup.Active, QIcon.Mode.Normal), (_DISABLED, QIcon.Mode.Disabled)):
        picture = QPixmap(QSize(side, side) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        colour = widget.palette().color(group, QPalette.ColorRole.ButtonText)
        draw_icon(painter, icon, colour, QRectF(0, 0, side, side), widget.layoutDirection())
        painter.end()
        made.addPixmap(picture, mode)
    return made


@lru_cache(maxsize=128)
def _renderer(icon: Icon, colour: str) -> QSvgRenderer:
    svg = (FOLDER / f"{icon}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(svg.replace("currentColor", colour).encode())
