"""Connects the window of all images with the store, and with the chats that have them."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.domain.chat.chat_images import ChatImage
from app.domain.chat.search import SearchHit, search_words
from app.domain.errors import Problem
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.services.chat.chat_library import ChatLibrary
from app.services.engines.file_saver import FileSaver
from app.services.engines.store_thread import StoreThread
from app.ui.images.image_library import ImageLibrary
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Notice, Severity
from app.ui.widgets.saved_notice import show_saved


class ImageLibraryController(QObject):
    """Lists the images while their window is shown: `image_chosen(SearchHit, words)` requests that one is opened."""

    image_chosen = Signal(SearchHit, tuple)

    def __init__(
        self,
        window: MainWindow,
        library: ChatLibrary,
        stores: StoreThread,
        files: AttachmentStore,
        saver: FileSaver,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._stores = stores
        self._files = files
        self._saver = saver
        self.images = ImageLibrary(window.thumbnails, window)
        window.library_triggered.connect(self.images.come_forward)
        library.conversations_changed.connect(self.images.refresh_soon)
        self.images.filtered.connect(self._on_filtered)
        self.images.chosen.connect(self._on_chosen)
        self.images.text_wanted.connect(self._on_text_wanted)
        self.images.save_wanted.connect(self._on_save_wanted)
        window.viewer.image_save_wanted.connect(self._on_shown_save_wanted)
        saver.saved.connect(self._on_saved)
        saver.problem_met.connect(self._on_problem_met)

    @Slot(str)
    def _on_filtered(self, query: str) -> None:
        self._stores.chats.run(
            lambda chats: chats.images(query), partial(self.images.set_images, query), self._on_problem_met
        )

    @Slot(ChatImage)
    def _on_chosen(self, chosen: ChatImage) -> None:
        hit = SearchHit(
            conversation_id=chosen.conversation_id,
            message_id=chosen.message_id,
            excerpt="",
            matches=(),
            image=chosen.image,
        )
        self.image_chosen.emit(hit, search_words(self.images.filter.text()))
        self.images.hide()  # It would stay above the chat; its words and place are kept.
        self._window.come_forward()

    @Slot(ChatImage)
    def _on_text_wanted(self, wanted: ChatImage) -> None:
        self._stores.pages.run(lambda pages: pages.text(wanted.image.digest), self._on_text_found, self._on_problem_met)

    def _on_text_found(self, text: str) -> None:
        if text.strip():
            QGuiApplication.clipboard().setText(text)
            notice = Notice(Severity.SUCCESS, tr("The text of the image was copied."))
        else:
            notice = Notice(
                Severity.INFO,
                tr("No text was read on this image. The clipboard was kept."),
                tr("To read it, open its chat and choose “Read text”."),
            )
        self.images.notices.show_notice(notice)

    @Slot(ChatImage)
    def _on_save_wanted(self, wanted: ChatImage) -> None:
        self._save(self.images, wanted.image)

    @Slot(Attachment)
    def _on_shown_save_wanted(self, image: Attachment) -> None:
        self._save(self._window, image)

    def _save(self, parent: QWidget, image: Attachment) -> None:
        """Ask where to save a copy of the file, and save it."""
        save = partial(self._saver.save_copy, source=self._files.path(image))
        file_dialogs.save_file(parent, tr("Save image"), image.name, save)

    @Slot(Path)
    def _on_saved(self, target: Path) -> None:
        notices = self.images.notices.unless_hidden(self._window.notices)
        show_saved(notices, target, tr("Saved to “{file}”.", file=target))

    @Slot(Problem)
    def _on_problem_met(self, problem: Problem) -> None:
        self.images.notices.unless_hidden(self._window.notices).show_problem(problem)
