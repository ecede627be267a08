"""Shows the images of a new chat's draft large, and suggests questions by what the built-in OCR reads on them."""

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Draft
from app.domain.documents.pages import OcrPage
from app.domain.ports import AttachmentStore
from app.services.chat.chat_session import ChatSession
from app.services.images.previews import Previews
from app.services.models.model_engine import ModelEngine
from app.ui.shell.main_window import MainWindow


class FirstLookController(QObject):
    """Wires the first look to the draft; the viewer has previews of its own, which a newer request would replace."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        previews: Previews,
        model: ModelEngine,
        files: AttachmentStore,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._texts = model.image_texts
        self._files = files
        look = window.first_look
        look.wanted.connect(previews.request)
        previews.ready.connect(look.show_preview)
        look.read_all_clicked.connect(session.read_texts)
        look.asked.connect(window.composer.submit)
        look.question_clicked.connect(window.composer.submit_question)
        session.draft_changed.connect(self._on_draft_changed)
        self._texts.page_read.connect(self._on_page_read)

    @Slot(Draft)
    def _on_draft_changed(self, draft: Draft) -> None:
        self._window.show_draft_images(() if self._session.branch else draft.attachments)
        if path := self._path:
            self._texts.read([path])
            self._window.first_look.show_page(self._texts.page(path))

    @Slot(str, OcrPage)
    def _on_page_read(self, path: str, page: OcrPage) -> None:
        if path == self._path:
            self._window.first_look.show_page(page)

    @property
    def _path(self) -> str:
        """The path of the only image that is shown; empty if there are several, or a video."""
        images = self._window.first_look.images
        is_single = len(images) == 1 and not images[0].is_video
        return str(self._files.path(images[0])) if is_single else ""
