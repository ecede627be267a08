"""Buttons that zoom a picture, with the figure of its present size between them."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.widgets import ui_text
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.image_canvas import ImageCanvas
from app.ui.widgets.labels import label


class ZoomButtons(QWidget):
    """Smaller, the figure, larger; the figure is empty while `canvas` shows no picture."""

    def __init__(self, canvas: ImageCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.smaller = icon_button(Icon.SMALLER, tr("Zoom out"), self)
        self.larger = icon_button(Icon.LARGER, tr("Zoom in"), self)
        self.figure = label("", "muted", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for part in (self.smaller, self.figure, self.larger):
            row.addWidget(part)
        self.smaller.clicked.connect(canvas.zoom_out)
        self.larger.clicked.connect(canvas.zoom_in)
        canvas.scale_changed.connect(self._show_scale)
        self._show_scale()

    @Slot()
    def _show_scale(self) -> None:
        scale = self._canvas.scale * self.devicePixelRatioF()
        self.figure.setText(ui_text.percent(scale) if scale else "")
        for part in (self.smaller, self.larger):
            part.setEnabled(bool(scale))
