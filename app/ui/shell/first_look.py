"""The images of the first question of a chat, large in place of the messages, and what can be asked about them."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import Attachment
from app.ui.shell.large_picture import LargePicture
from app.ui.shell.suggested_questions import suggested_questions
from app.ui.shell.suggestions import Suggestions
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.read_button import read_button, show_read_button
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailButton, ThumbnailPath, thumbnail

MAX_WIDTH = 760
"""Maximum width of what is under the picture, in pixels: that of the messages."""
SIDE, TOP, BOTTOM = 20, 16, 4
SPACING = 8
MIN_LINES = 3
"""Minimum height, in lines of text."""
THUMBNAIL = 56


class FirstLook(QScrollArea):
    """The first image large, the others in a row; scrolled in a low window. Empty without images.

    `read_all_clicked(tuple[Attachment, ...])`, `image_clicked(Attachment)`, `asked()` to send what the composer has,
    `question_clicked(str)`; `wanted(Attachment)` asks for a large picture of an image, to be given to `show_preview`.
    """

    read_all_clicked = Signal(tuple)
    image_clicked = Signal(Attachment)
    asked = Signal()
    question_clicked = Signal(str)
    wanted = Signal(Attachment)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._thumbnail_path = thumbnail_path
        self._images: tuple[Attachment, ...] = ()
        self._page: OcrPage | None = None
        self._is_demo = False
        content = QWidget(self)
        content.setObjectName("emptyContent")
        self.picture = LargePicture(content)
        self.read = read_button(content)
        self.ask = button(tr("Ask"), Role.SOFT, tr("Send the message, or the default question"), content)
        self.suggestions = Suggestions(content)
        for made in (self.read, self.ask):
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.others = _Thumbnails(content)
        self._lay_out(content)
        self.setWidget(content)
        self.picture.clicked.connect(self._on_picture_clicked)
        self.read.clicked.connect(self._on_read_clicked)
        self.ask.clicked.connect(self.asked)
        self.suggestions.clicked.connect(self.question_clicked)

    @property
    def images(self) -> tuple[Attachment, ...]:
        """The images that are shown, the oldest first, which is large."""
        return self._images

    def show_images(self, images: Sequence[Attachment]) -> None:
        """Show the images of a draft; a large picture of the first one is asked for if it is another than before."""
        before, self._images = self._images, tuple(images)
        if [image.digest for image in before] == [image.digest for image in images]:
            return
        self.others.show_images(self._images[1:], self._thumbnail_path, self.image_clicked)
        if self._images:
            large = self._images[0]
            self._page = None
            show_read_button(self.read, len(self._readable()))
            self.read.setVisible(bool(self._readable()))
            self._show_questions()
            if not before or before[0].digest != large.digest:
                self.picture.show_picture(large, thumbnail(self._thumbnail_path(large)))
                self.wanted.emit(large)

    @Slot(Attachment, bytes)
    def show_preview(self, attachment: Attachment, png: bytes) -> None:
        """Show a large picture of the first image, a PNG made by the image decoder process."""
        if self._images and attachment.digest == self._images[0].digest:
            pixmap = QPixmap()
            pixmap.loadFromData(png, "PNG")
            self.picture.show_picture(attachment, pixmap)

    def show_page(self, page: OcrPage | None) -> None:
        """Suggest questions by what has been read on the only image."""
        self._page = page
        self._show_questions()

    def set_demo(self, *, is_demo: bool) -> None:
        """Suggest what the demo model can answer, if it is open."""
        self._is_demo = is_demo
        self._show_questions()

    def minimumSizeHint(self) -> QSize:
        """Return any width that the window wants, and the height of some lines."""
        return QSize(0, MIN_LINES * self.fontMetrics().lineSpacing())

    def _readable(self) -> tuple[Attachment, ...]:
        return tuple(image for image in self._images if not image.is_video)

    def _show_questions(self) -> None:
        if self._images:
            questions = suggested_questions(self._images, self._page, is_demo=self._is_demo)
            self.suggestions.set_questions(questions)

    def _lay_out(self, content: QWidget) -> None:
        actions = QHBoxLayout()
        actions.setSpacing(SPACING)
        actions.addStretch(1)
        actions.addWidget(self.read)
        actions.addWidget(self.ask)
        actions.addStretch(1)
        under = QWidget(content)
        under.setMaximumWidth(MAX_WIDTH)
        lines = QVBoxLayout(under)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(SPACING)
        lines.addWidget(self.others)
        lines.addLayout(actions)
        lines.addWidget(self.suggestions)
        self._under = under
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(under, 1000)
        centre.addStretch(1)
        column = QVBoxLayout(content)
        column.setContentsMargins(SIDE, TOP, SIDE, BOTTOM)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self.picture, 1000)
        column.addLayout(centre)
        column.addStretch(1)

    def changeEvent(self, event: QEvent) -> None:
        """Widen what is under the picture with the zoom."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._under.setMaximumWidth(zoomed(self, MAX_WIDTH))

    @Slot()
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self._images[0])

    @Slot()
    def _on_read_clicked(self) -> None:
        self.read_all_clicked.emit(self._readable())


class _Thumbnails(QWidget):
    """As many thumbnails as fit into a row, and the number of the others."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACING)
        self._buttons: list[ThumbnailButton] = []
        self.more = label("", "muted", parent=self)
        self._row.addStretch(1)
        self._row.addWidget(self.more)
        self._row.addStretch(1)
        self.hide()

    def show_images(self, images: Sequence[Attachment], thumbnail_path: ThumbnailPath, clicked: SignalInstance) -> None:
        """Show these images; a click on one emits `clicked` with it."""
        gone, self._buttons = self._buttons, []
        for place, image in enumerate(images):
            made = ThumbnailButton(image, thumbnail_path(image), QSize(THUMBNAIL, THUMBNAIL), self)
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(partial(clicked.emit, image))
            self._row.insertWidget(1 + place, made)
            self._buttons.append(made)
        for made in gone:
            discard(made)
        self._fit()
        self.setVisible(bool(images))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() // (zoomed(self, THUMBNAIL) + SPACING)
        count = len(self._buttons)
        shown = count if count <= room else max(1, room - 1)
        for place, made in enumerate(self._buttons):
            made.setVisible(place < shown)
        self.more.setText(tr("and {count} more", count=count - shown))
        self.more.setVisible(shown < count)
