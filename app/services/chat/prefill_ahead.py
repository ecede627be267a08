"""Prefills the images of a question and the chat so far while the question is being written.

This shortens the time to first token after Send. Images are read first, which tells how many of their pixels are
prefilled. The work is preempted by any request that somebody waits for, and is
cancelled when its image is removed.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.chat.chat import Turn
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
from app.services.chat.chat_session import ChatSession
from app.services.models.automatic_resolution import AutomaticResolution
from app.services.models.model_engine import ModelEngine

PAUSE_MILLISECONDS = 150
"""Delay by which several images that are dropped together are prefilled together."""


class PrefillAhead(QObject):
    """Keeps the prompt of the shown chat's next question prefilled."""

    def __init__(
        self,
        session: ChatSession,
        model: ModelEngine,
        options: Callable[[], GenerationOptions],
        resolution: AutomaticResolution,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._options = options
        self._resolution = resolution
        self._turns: tuple[Turn, ...] = ()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MILLISECONDS)
        self._timer.timeout.connect(self._on_due)
        session.draft_changed.connect(self.schedule)
        resolution.changed.connect(self.schedule)
        session.busy_changed.connect(self._on_others_changed)
        model.status_changed.connect(self._on_others_changed)

    @Slot()
    def schedule(self) -> None:
        """Schedule a prefill, as the draft may have changed."""
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _on_others_changed(self) -> None:
        self._turns = ()  # An answer or another model may have replaced it.
        self.schedule()

    @Slot()
    def _on_due(self) -> None:
        if self._session.is_busy or self._model.status.state is not EngineState.READY:
            return
        if self._resolution.is_pending(self._session.draft.attachments):
            return  # It is not known yet how many pixels the model is to see.
        turns = self._session.prefill_turns()
        if turns == self._turns:
            return
        self._turns = turns
        if turns:
            self._model.prefill(turns, self._options())
        else:
            self._model.stop_prefill()
