"""Shows in answers what their images say: the text to compare with goes to the chat, a click to the viewer."""

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Author, Message, Role
from app.domain.ids import MessageId
from app.domain.proofs.proofs import Proof, ProofSource
from app.services.chat.chat_session import ChatSession
from app.services.documents.proof_sources import ProofSources
from app.ui.shell.main_window import MainWindow


class ProofController(QObject):
    """Keeps the sources of all answers of the branch that is shown."""

    def __init__(self, window: MainWindow, session: ChatSession, sources: ProofSources, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._sources = sources
        self._shown: dict[MessageId, ProofSource] = {}
        self._looked_up: frozenset[MessageId] = frozenset()
        """The messages of the branch whose sources were looked up, with or without success."""
        session.branch_changed.connect(self._show)
        session.message_changed.connect(self._on_message_changed)
        sources.changed.connect(self._show)
        window.chat_view.proof_clicked.connect(self._on_proof_clicked)

    @Slot(Message)
    def _on_message_changed(self, message: Message) -> None:
        if message.id not in self._looked_up:  # An answer changes with every delta, its images do not.
            self._show()

    @Slot()
    def _show(self) -> None:
        self._shown = {}
        self._looked_up = frozenset(message.id for message in self._session.branch)
        question = ""
        for message in self._session.branch:
            if message.role is Role.USER:
                question = message.text
            elif message.author is Author.MODEL and (images := self._session.images(message.id)):
                source = self._sources.source(images, question)
                if source:
                    self._shown[message.id] = source
        self._window.chat_view.set_proof_sources(self._shown)

    @Slot(str, Proof)
    def _on_proof_clicked(self, message_id: MessageId, proof: Proof) -> None:
        """Show the image with the claim's place marked."""
        source, images = self._shown.get(message_id), self._session.images()
        if not source or not proof.place:
            return
        digest = source.digests[proof.place.page]
        image = next((image for image in images if image.digest == digest), None)
        if image:
            viewer = self._window.viewer
            viewer.show_images(images, image)
            viewer.show_detections("", ())
            self._window.show_viewer()
            viewer.mark_boxes(source.pages.pages[proof.place.page], proof.place.boxes)
