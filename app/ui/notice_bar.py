"""Problems that belong to no single message: a file that cannot be opened, a full disk, damaged settings."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.errors import Problem
from app.ui.buttons import Role, button
from app.ui.discard import discard
from app.ui.labels import label
from app.ui.problem_box import ProblemBox
from app.ui.translation import tr

SHOWN = 4


class NoticeBar(QWidget):
    """Problems one below the other, the newest first; those beyond SHOWN are counted. `remedy_clicked(ProblemKind)`."""

    remedy_clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: list[ProblemBox] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 8, 24, 0)
        self._column.setSpacing(8)
        self._rest = label("", "muted", parent=self)
        self.dismiss_all = button(tr("Dismiss all"), Role.LINK, parent=self)
        self.dismiss_all.clicked.connect(self.clear)
        self._column.addWidget(self._rest)
        self._column.addWidget(self.dismiss_all)
        self._update()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is being reported, the newest first."""
        return tuple(box.problem for box in self._boxes)

    @Slot(object)
    def show_problem(self, problem: Problem) -> None:
        """Report a problem; one that is already reported moves to the top."""
        for box in [box for box in self._boxes if box.problem == problem]:
            self._remove(box)
        box = ProblemBox(problem, is_dismissible=True, parent=self)
        box.remedy_clicked.connect(self.remedy_clicked)
        box.dismissed.connect(self._on_dismissed)
        self._boxes.insert(0, box)
        self._column.insertWidget(0, box)
        self._update()

    def dismiss(self, problem: Problem) -> None:
        """Take a problem away, where it is still reported."""
        for box in [box for box in self._boxes if box.problem == problem]:
            self._remove(box)
        self._update()

    @Slot()
    def clear(self) -> None:
        """Dismiss everything."""
        for box in list(self._boxes):
            self._remove(box)
        self._update()

    def _remove(self, box: ProblemBox) -> None:
        self._boxes.remove(box)
        discard(box)

    def _update(self) -> None:
        for index, box in enumerate(self._boxes):
            box.setVisible(index < SHOWN)
        more = len(self._boxes) - SHOWN
        self._rest.setText(tr("and {count} more", count=more) if more > 0 else "")
        self._rest.setVisible(more > 0)
        self.dismiss_all.setVisible(len(self._boxes) > 1)
        self.setVisible(bool(self._boxes))

    @Slot()
    def _on_dismissed(self) -> None:
        box = self.sender()
        if isinstance(box, ProblemBox):
            self._remove(box)
            self._update()
