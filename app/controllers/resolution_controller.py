"""Shows the automatic resolutions of the draft's images in the composer."""

from PySide6.QtCore import QObject, Slot

from app.services.chat.chat_session import ChatSession
from app.services.models.automatic_resolution import AutomaticResolution
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences
from app.ui.composer.composer import Composer


class ResolutionController(QObject):
    """Wires the automatic resolution to the composer, and to what it depends on."""

    def __init__(
        self,
        composer: Composer,
        session: ChatSession,
        model: ModelEngine,
        resolution: AutomaticResolution,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._composer = composer
        self._session = session
        self._resolution = resolution
        model.visual_token_seconds_changed.connect(resolution.set_visual_token_seconds)
        session.draft_changed.connect(self._show)
        resolution.changed.connect(self._show)
        preferences.changed.connect(self._show)

    @Slot()
    def _show(self) -> None:
        chosen = {image.digest: self._resolution.of(image) for image in self._session.draft.attachments}
        self._composer.set_resolutions({digest: found for digest, found in chosen.items() if found})
