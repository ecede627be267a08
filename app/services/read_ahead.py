"""While a question is being written, what comes before it is read: its images, and the chat so far.

So the first word of the answer comes soon after Send. The work gives way to whatever anybody waits for, and ends when
its image is taken away.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.chat import Turn
from app.domain.engine_status import EngineState
from app.domain.generation import GenerationOptions
from app.services.chat_session import ChatSession
from app.services.model_engine import ModelEngine

PAUSE_MILLISECONDS = 150
"""Several images that are dropped together are read together."""


class ReadAhead(QObject):
    """Keeps the model reading what the chat on the screen is going to ask about."""

    def __init__(
        self,
        session: ChatSession,
        model: ModelEngine,
        options: Callable[[], GenerationOptions],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._options = options
        self._turns: tuple[Turn, ...] = ()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MILLISECONDS)
        self._timer.timeout.connect(self._on_due)
        session.draft_changed.connect(self.look_soon)
        session.busy_changed.connect(self._on_others_changed)
        model.status_changed.connect(self._on_others_changed)

    @Slot()
    def look_soon(self) -> None:
        """The draft may have changed."""
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _on_others_changed(self) -> None:
        self._turns = ()  # An answer or another model may have taken its place.
        self.look_soon()

    @Slot()
    def _on_due(self) -> None:
        if self._session.is_busy or self._model.status.state is not EngineState.READY:
            return
        turns = self._session.turns_ahead()
        if turns == self._turns:
            return
        self._turns = turns
        if turns:
            self._model.prepare(turns, self._options())
        else:
            self._model.stop_preparing()
