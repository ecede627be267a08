"""Reports uncaught errors to the window."""

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Problem, problem_of


class BugReports(QObject):
    """Reports errors of any thread: `problem_met` carries a Problem, on the thread of this object.

    Qt passes an uncaught error of a slot to `sys.excepthook` on that slot's thread, where widgets must not be used.
    """

    problem_met = Signal(Problem)
    _reported = Signal(Exception)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reported.connect(self._on_reported)

    def report(self, error: BaseException) -> None:
        """Report an error; may be called on any thread."""
        if isinstance(error, Exception):
            self._reported.emit(error)

    @Slot(Exception)
    def _on_reported(self, error: Exception) -> None:
        self.problem_met.emit(problem_of(error))
