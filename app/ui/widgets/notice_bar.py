"""The bar of notices about problems, questions and news that belong to no single message."""

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui.widgets.buttons import Role, button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.notice import Notice
from app.ui.widgets.notice_box import NoticeBox

SHOWN, KEPT = 4, 100
"""Number of notices that are shown, and that are counted; older ones are dropped."""
MIN_LINES = 3
"""Minimum height of the bar, in lines of text."""
BAR_SHARE, CONTENT_SHARE = 2, 3
"""Parts of the height that the bar may take, and that are left for what is below it."""


class NoticeBar(QScrollArea):
    """Notices in a column, the newest first; those beyond SHOWN are only counted.

    In a low window the bar takes its share of the height, and its notices are scrolled: see `lay_out`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: list[NoticeBox] = []
        """The newest first."""
        self.setObjectName("noticeBar")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget(self)
        content.setObjectName("noticeColumn")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(24, 8, 24, 0)
        self._column.setSpacing(8)
        self._rest = label("", "muted", parent=content)
        self.dismiss_all = button(tr("Dismiss all"), Role.LINK, parent=content)
        self.dismiss_all.clicked.connect(self.clear)
        self._column.addWidget(self._rest)
        self._column.addWidget(self.dismiss_all)
        self._column.addStretch(1)
        self.setWidget(content)
        self._update()

    def lay_out(self, column: QBoxLayout, content: QWidget | QBoxLayout) -> None:
        """Add the bar to a column, and below it `content`, which gets the rest of the height."""
        column.addWidget(self, BAR_SHARE)
        if isinstance(content, QWidget):
            column.addWidget(content, CONTENT_SHARE)
        else:
            column.addLayout(content, CONTENT_SHARE)

    def minimumSizeHint(self) -> QSize:
        """Return a height in which some lines of a notice can be read."""
        height = MIN_LINES * self.fontMetrics().lineSpacing()
        content = self.widget()
        return QSize(content.minimumSizeHint().width() if content else 0, min(self._needed_height(), height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the bar be as high as its notices are at this width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._bound_height()

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one that is already shown moves to the top."""
        self._remove(notice)
        box = NoticeBox(notice, is_dismissible=True, parent=self.widget())
        box.dismissed.connect(self.dismiss)
        self.boxes.insert(0, box)
        self._column.insertWidget(0, box)
        for old in self.boxes[KEPT:]:
            self._remove(old.notice)
        self._update()
        self.verticalScrollBar().setValue(0)

    @Slot(Notice)
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
        self._bound_height()

    def changeEvent(self, event: QEvent) -> None:
        """Bound the height anew when the style's font changes."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.StyleChange, QEvent.Type.FontChange}:
            self._bound_height()

    def _needed_height(self) -> int:
        self._column.activate()
        return self._column.totalHeightForWidth(self.width())

    def _bound_height(self) -> None:
        self.setMaximumHeight(max(1, self._needed_height()))
        self.updateGeometry()
