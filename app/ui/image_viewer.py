"""The viewer beside the chat: one image at a time, its places, and what can be done with it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.domain.attachments import Attachment
from app.domain.grounding import Region
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.image_canvas import ImageCanvas
from app.ui.labels import ElidedLabel, label


class ImageViewer(QFrame):
    """`wanted` asks for a preview of an Attachment, `read_clicked` carries one, `closed` when it is not to be seen."""

    wanted = Signal(object)
    read_clicked = Signal(object)
    closed = Signal()
    region_hovered = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewer")
        self.setAccessibleName("Image")
        self.attachment: Attachment | None = None
        self.message_id = ""
        self._images: Sequence[Attachment] = ()
        self.canvas = ImageCanvas(self)
        self._words = label("", "hint", wraps=True, parent=self)
        self._name = ElidedLabel(parent=self)
        self._details = label("", "muted", wraps=True, parent=self)
        self._page = label("", "muted", parent=self)
        self.previous = button("‹", Role.ICON, "Show the image before", self)
        self.next = button("›", Role.ICON, "Show the next image", self)
        self.close_button = button("×", Role.ICON, "Close the image", self)
        self.read = button("Read text", Role.SOFT, "Read the text of this image", self)
        self.fit = button("Fit", Role.PLAIN, "Show all of the image", self)
        self.pixels = button("1:1", Role.PLAIN, "One pixel of the image on one of the screen", self)
        self._lay_out()
        self.previous.clicked.connect(self._on_previous_clicked)
        self.next.clicked.connect(self._on_next_clicked)
        self.close_button.clicked.connect(self.closed)
        self.read.clicked.connect(self._on_read_clicked)
        self.fit.clicked.connect(self.canvas.fit)
        self.pixels.clicked.connect(self.canvas.show_pixels)
        self.canvas.region_hovered.connect(self._on_region_hovered)

    def show_images(self, images: Sequence[Attachment], shown: Attachment) -> None:
        """Show one of several images; its preview is asked for unless it is there already."""
        self._images = images
        place = images.index(shown)
        self._page.setText(f"{place + 1} / {len(images)}")
        for part in (self._page, self.previous, self.next):
            part.setVisible(len(images) > 1)
        self.previous.setEnabled(place > 0)
        self.next.setEnabled(place + 1 < len(images))
        if shown == self.attachment:
            return
        self.attachment = shown
        self.canvas.setAccessibleName(f"Image {shown.name}")
        self._name.setText(shown.name)
        self._details.setText(words.image_details(shown))
        self.canvas.set_picture(QPixmap())
        self._say("Opening …")
        self.wanted.emit(shown)

    def show_regions(self, message_id: str, regions: Sequence[Region]) -> None:
        """Draw the places that an answer names."""
        self.message_id = message_id
        self.canvas.set_regions(regions)

    def show_preview(self, attachment: Attachment, png: bytes) -> None:
        """Show a PNG that the images process made."""
        if attachment != self.attachment:
            return
        pixmap = QPixmap()
        pixmap.loadFromData(png, "PNG")
        self.canvas.set_picture(pixmap)
        self._details.setText(words.shown_size(attachment, pixmap.width(), pixmap.height()))
        self._say("")

    def show_failure(self, sentence: str) -> None:
        """Say why there is no preview."""
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        self._words.setText(sentence)
        self._pages.setCurrentWidget(self._words if sentence else self.canvas)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._name, 1)
        for part in (self.previous, self._page, self.next, self.close_button):
            head.addWidget(part)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.canvas)
        self._pages.addWidget(self._words)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        for tool in (self.fit, self.pixels, self.read):
            foot.addWidget(tool)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(self._pages, 1)
        column.addWidget(self._details)
        column.addLayout(foot)

    def _turn(self, by: int) -> None:
        if self.attachment is not None:
            self.show_images(self._images, self._images[self._images.index(self.attachment) + by])

    @Slot()
    def _on_previous_clicked(self) -> None:
        self._turn(-1)

    @Slot()
    def _on_next_clicked(self) -> None:
        self._turn(1)

    @Slot()
    def _on_read_clicked(self) -> None:
        if self.attachment is not None:
            self.read_clicked.emit(self.attachment)

    @Slot(int)
    def _on_region_hovered(self, number: int) -> None:
        self.region_hovered.emit(self.message_id, number)
