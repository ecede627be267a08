"""The sections of the settings, beside them: a click goes to one, and scrolling marks the one that is shown."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QListWidget, QScrollArea, QWidget

from app.ui.widgets.i18n import tr
from app.ui.widgets.theme import zoomed
from app.ui.widgets.zoomed_width import ZoomedWidth

WIDTH = 150
MIN_BESIDE = 530
"""Width that the settings need beside the list, in pixels of the style sheet; in a narrower window it is hidden."""
_NEAR = 8
"""Distance in pixels from the top at which a heading counts as passed."""


class SectionList(QListWidget):
    """Follows the headings in `area`, by their names."""

    def __init__(self, headings: Mapping[str, QWidget], area: QScrollArea, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sectionList")
        self.setAccessibleName(tr("Sections"))
        self._headings, self._area, self._window = headings, area, parent
        self._is_jumping = False
        self.addItems(list(headings))
        ZoomedWidth(self, self.setFixedWidth, WIDTH)
        self.setCurrentRow(0)
        self.currentRowChanged.connect(self._on_row_changed)
        area.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide the list while the window is too narrow for both."""
        if watched is self._window and event.type() in {QEvent.Type.Resize, QEvent.Type.StyleChange}:
            # Qt's views filter their own events, too.
            self.setVisible(self._window.width() >= zoomed(self._window, WIDTH + MIN_BESIDE))
        return super().eventFilter(watched, event)

    def show_found(self) -> None:
        """List only the sections that are shown, as while something is searched for."""
        for row, heading in enumerate(self._headings.values()):
            self.item(row).setHidden(heading.isHidden())

    @Slot(int)
    def _on_row_changed(self, row: int) -> None:
        headings = list(self._headings.values())
        if 0 <= row < len(headings):
            self._is_jumping = True  # The last sections may be too short to be scrolled to the top.
            self._area.verticalScrollBar().setValue(headings[row].y())
            self._is_jumping = False

    @Slot(int)
    def _on_scrolled(self, value: int) -> None:
        if self._is_jumping:
            return
        shown = [row for row, it in enumerate(self._headings.values()) if not it.isHidden() and it.y() <= value + _NEAR]
        self.blockSignals(True)
        self.setCurrentRow(max(shown, default=0))
        self.blockSignals(False)
