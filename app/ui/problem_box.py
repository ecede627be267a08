"""One problem in one sentence, with the button that helps."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.domain.errors import Problem, ProblemKind
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.labels import label
from app.ui.translation import tr


class ProblemBox(QFrame):
    """Shows a Problem. `remedy_clicked` carries its ProblemKind, `dismissed` comes from the × where there is one."""

    remedy_clicked = Signal(object)
    dismissed = Signal()

    def __init__(self, problem: Problem, *, is_dismissible: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        self.setObjectName("problem")
        sentence = label(problem.sentence, wraps=True, parent=self)
        sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        sentence.setAccessibleName(problem.sentence)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(sentence, 1)
        self.remedy = button(words.remedy(problem) or "—", Role.PLAIN, parent=self)
        self.remedy.setVisible(bool(words.remedy(problem)))
        self.remedy.clicked.connect(self._on_remedy_clicked)
        row.addWidget(self.remedy, 0, Qt.AlignmentFlag.AlignTop)
        if is_dismissible:
            self.close_button = button("×", Role.ICON, tr("Dismiss this message"), self)
            self.close_button.clicked.connect(self.dismissed)
            row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    @Slot()
    def _on_remedy_clicked(self) -> None:
        self.remedy_clicked.emit(ProblemKind(self.problem.kind))
