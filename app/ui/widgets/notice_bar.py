"""The bar for what is wrong, or waits for an answer, and concerns no single message."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.widgets.buttons import Role, button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.notice import Notice
from app.ui.widgets.notice_box import NoticeBox

SHOWN, KEPT = 4, 100
"""Number of notices that are shown, and that are counted; older ones are dropped."""


class NoticeBar(QWidget):
    """Notices in a column, the newest first; those beyond SHOWN are only counted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: list[NoticeBox] = []
        """The newest first."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 8, 24, 0)
        self._column.setSpacing(8)
        self._rest = label("", "muted", parent=self)
        self.dismiss_all = button(tr("Dismiss all"), Role.LINK, parent=self)
        self.dismiss_all.clicked.connect(self.clear)
        self._column.addWidget(self._rest)
        self._column.addWidget(self.dismiss_all)
        self._update()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one that is already shown moves to the top."""
        self._remove(notice)
        box = NoticeBox(notice, is_dismissible=True, parent=self)
        box.dismissed.connect(self.dismiss)
        self.boxes.insert(0, box)
        self._column.insertWidget(0, box)
        for old in self.boxes[KEPT:]:
            self._remove(old.notice)
        self._update()

    @Slot(object)
    def dismiss(self, notice: Notice) -> None:
        """Remove a notice if it is still shown."""
        self._remove(notice)
        self._update()

    @Slot()
    def clear(self) -> None:
        """Dismiss everything."""
        for box in tuple(self.boxes):
            self._remove(box.notice)
        self._update()

    def _remove(self, notice: Notice) -> None:
        for box in [box for box in self.boxes if box.notice == notice]:
            self.boxes.remove(box)
            discard(box)

    def _update(self) -> None:
        for index, box in enumerate(self.boxes):
            box.setVisible(index < SHOWN)
        more = len(self.boxes) - SHOWN
        self._rest.setText(tr("and {count} more", count=more) if more > 0 else "")
        self._rest.setVisible(more > 0)
        self.dismiss_all.setVisible(len(self.boxes) > 1)
        self.setVisible(bool(self.boxes))
