"""An answer, of the model or of the reader, while it is written and after."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.domain.chat import UNFINISHED, Author, Message, MessageState
from app.domain.engine_status import Stage
from app.domain.errors import Problem
from app.domain.grounding import Region, regions_in
from app.ui import words
from app.ui.branch_switch import BranchSwitch
from app.ui.buttons import Role, button
from app.ui.discard import discard
from app.ui.formulas import FormulaPainter
from app.ui.labels import label
from app.ui.problem_box import ProblemBox
from app.ui.safe_text_browser import SafeTextBrowser
from app.ui.translation import tr


class AnswerCard(QWidget):
    """Shows one message as it stands.

    `regenerate_clicked(str)`, `continue_clicked(str)` and `regions_clicked(str)` carry its id, `remedy_clicked` a
    ProblemKind, `region_hovered(str, int)` its id and the number of a place that it names, or -1, `quoted(str)` what of
    it is selected.
    """

    regenerate_clicked = Signal(str)
    continue_clicked = Signal(str)
    regions_clicked = Signal(str)
    region_hovered = Signal(str, int)
    remedy_clicked = Signal(object)
    link_clicked = Signal(str)
    quoted = Signal(str)

    def __init__(self, message: Message, formulas: FormulaPainter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message
        self._is_last = False
        self._problem: ProblemBox | None = None
        self.text = SafeTextBrowser(formulas, self)
        self.text.link_clicked.connect(self.link_clicked)
        self.text.region_hovered.connect(self._on_region_hovered)
        self.regions: tuple[Region, ...] = ()
        self.places = button("", Role.LINK, tr("Show on the image what the answer names"), self)
        self.activity = label("", "muted", parent=self)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setMaximumWidth(240)
        self.progress.setAccessibleName(tr("Progress"))
        self.notice = label("", "hint", wraps=True, parent=self)
        self.footer = label("", "muted", wraps=True, parent=self)
        self.copy = button(tr("Copy"), Role.LINK, tr("Copy the answer"), self)
        self.regenerate = button(tr("Regenerate"), Role.LINK, tr("Answer once more"), self)
        self.quote = button(tr("Quote"), Role.LINK, tr("Quote what is selected in the next question"), self)
        self.quote.hide()
        self.text.copyAvailable.connect(self.quote.setVisible)
        self.quote.clicked.connect(self._on_quote_clicked)
        self.go_on = button(tr("Continue"), Role.LINK, tr("Go on where this answer ended"), self)
        self.versions = BranchSwitch(self)
        self._actions = QWidget(self)
        self._lay_out()
        self.copy.clicked.connect(self.copy_text)
        self.regenerate.clicked.connect(self._on_regenerate_clicked)
        self.go_on.clicked.connect(self._on_continue_clicked)
        self.places.clicked.connect(self._on_places_clicked)
        self.update_message(message)

    @property
    def message(self) -> Message:
        """The message as it is shown."""
        return self._message

    def update_message(self, message: Message) -> None:
        """Show the message as it now stands."""
        self._message = message
        is_streaming = message.state is MessageState.STREAMING
        text = message.text
        if message.author is Author.READER:
            self.text.show_plain(text)
        else:
            self.text.show_markdown(text, message.doubts)
        self.text.setVisible(bool(text))
        self.text.setAccessibleName(tr("Answer: {text}", text=text))
        self.activity.setVisible(is_streaming and not text)
        self.progress.setVisible(is_streaming and not text and self.progress.value() > 0)
        self.footer.setText(words.answer_footer(message))
        self.footer.setVisible(not is_streaming and bool(self.footer.text()))
        self._actions.setVisible(not is_streaming)
        self.copy.setVisible(bool(message.text))
        self._show_continue()
        self.regions = regions_in(text) if message.author is Author.MODEL else ()
        self.places.setText(words.places(len(self.regions)))
        self.places.setVisible(bool(self.regions))
        self.notice.setText(message.page.notice if message.page else "")
        self.notice.setVisible(bool(self.notice.text()))
        self._show_problem(message.problem)

    def set_last(self, *, is_last: bool) -> None:
        """Whether nothing follows it: only then can it go on."""
        self._is_last = is_last
        self._show_continue()

    def set_activity(self, stage: Stage, progress: float) -> None:
        """Show what the engine does before the first word."""
        self.activity.setText(words.activity(stage, progress))
        self.progress.setValue(round(progress * 100))
        self.progress.setVisible(self.activity.isVisibleTo(self) and progress > 0)

    @Slot()
    def _on_quote_clicked(self) -> None:
        self.quoted.emit(self.text.selected_text)

    @Slot()
    def copy_text(self) -> None:
        """Copy the answer as it was written."""
        QGuiApplication.clipboard().setText(self._message.text)

    def _lay_out(self) -> None:
        actions = QHBoxLayout(self._actions)
        actions.setContentsMargins(0, 0, 0, 0)
        actions.setSpacing(16)
        for action in (self.versions, self.places, self.copy, self.quote, self.go_on, self.regenerate):
            actions.addWidget(action)
        actions.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        for item in (self.text, self.notice, self.activity, self.progress, self.footer, self._actions):
            self._column.addWidget(item)
        self.activity.setText(tr("Waiting …"))
        self.activity.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def _show_problem(self, problem: Problem | None) -> None:
        if self._problem is not None and self._problem.problem == problem:
            return
        if self._problem is not None:
            discard(self._problem)
            self._problem = None
        if problem is not None:
            self._problem = ProblemBox(problem, is_dismissible=False, parent=self)
            self._problem.remedy_clicked.connect(self.remedy_clicked)
            self._column.insertWidget(1, self._problem)

    def _show_continue(self) -> None:
        message = self._message
        has_more = message.state in UNFINISHED and message.author is Author.MODEL and bool(message.text)
        self.go_on.setText(tr("Continue anyway") if message.state is MessageState.REPEATING else tr("Continue"))
        self.go_on.setVisible(self._is_last and has_more)

    @Slot(int)
    def _on_region_hovered(self, number: int) -> None:
        self.region_hovered.emit(self._message.id, number)

    @Slot()
    def _on_places_clicked(self) -> None:
        self.regions_clicked.emit(self._message.id)

    @Slot()
    def _on_continue_clicked(self) -> None:
        self.continue_clicked.emit(self._message.id)

    @Slot()
    def _on_regenerate_clicked(self) -> None:
        self.regenerate_clicked.emit(self._message.id)
