"""The chip of an image of the draft, above the composer's text."""

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.documents.automatic_resolution import Resolution
from app.domain.images.attachments import Attachment
from app.domain.settings.generation_options import GenerationOptions
from app.ui.composer.pixel_budget_menu import PixelBudgetMenu
from app.ui.composer.token_texts import seen_by_model
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import joined, sentences, tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, tooltip
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailButton

CHIP_WIDTH = 300
THUMBNAIL = QSize(40, 40)


class AttachmentChip(QFrame):
    """Thumbnail, name, size, and buttons to read the image's text or to remove it. Signals carry the Attachment.

    `budget_chosen(Attachment, int | None)` carries the image's maximum number of pixels for the model.
    """

    image_clicked = Signal(Attachment)
    read_clicked = Signal(Attachment)
    remove_clicked = Signal(Attachment)
    budget_chosen = Signal(Attachment, object)  # int | None: a union is no class.

    def __init__(self, attachment: Attachment, thumbnail: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attachment = attachment
        self._options, self._visual_token_seconds = GenerationOptions(), 0.0
        self._resolution: Resolution | None = None
        self.setObjectName("chip")
        self.setFixedWidth(zoomed(self, CHIP_WIDTH))
        self.picture = ThumbnailButton(attachment, thumbnail, THUMBNAIL, self)
        name = ElidedLabel(attachment.name, self)
        self.details = ElidedLabel(ui_text.pixels(attachment), self)
        self.details.setProperty("role", "muted")
        self.budget = button("", Role.LINK, parent=self)
        self.read = button(tr("Read"), Role.LINK, tr("Read the text of {name}", name=attachment.name), self)
        self.remove = icon_button(Icon.CLOSE, tr("Remove {name}", name=attachment.name), self)
        figures = QHBoxLayout()
        figures.setSpacing(6)
        figures.addWidget(self.details, 1)
        figures.addWidget(self.budget)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name, 1)
        head.addWidget(self.read)
        self.read.setVisible(not attachment.is_video)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addLayout(head)
        texts.addLayout(figures)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addLayout(texts, 1)
        row.addWidget(self.remove)
        self.picture.clicked.connect(self._on_picture_clicked)
        self.read.clicked.connect(self._on_read_clicked)
        self.remove.clicked.connect(self._on_remove_clicked)
        self.budget.clicked.connect(self._on_budget_clicked)

    def changeEvent(self, event: QEvent) -> None:
        """Resize when the zoom has changed."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self.width() != zoomed(self, CHIP_WIDTH):
            self.setFixedWidth(zoomed(self, CHIP_WIDTH))

    def show_cost(
        self,
        attachment: Attachment,
        options: GenerationOptions,
        visual_token_seconds: float,
        resolution: Resolution | None,
    ) -> None:
        """Show the image's cost; `visual_token_seconds` is the seconds that a visual token takes.

        `resolution` is the automatic one, None if the image has a resolution of its own or that of the settings.
        """
        self.attachment, self._options, self._visual_token_seconds = attachment, options, visual_token_seconds
        self._resolution = resolution
        cost, sentence = seen_by_model(attachment, options, visual_token_seconds, resolution)
        self.budget.setText(cost)
        self.budget.setAccessibleName(sentences(sentence, tr("Change it")))
        self.budget.setToolTip(sentences(sentence, tr("Click to change it.")))
        self.details.setToolTip(tooltip(joined("\n", (ui_text.image_details(attachment), sentence))))
        for menu in self.findChildren(PixelBudgetMenu):
            menu.show_cost(attachment, options, visual_token_seconds, resolution)

    @Slot()
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self.attachment)

    @Slot()
    def _on_read_clicked(self) -> None:
        self.read_clicked.emit(self.attachment)

    @Slot()
    def _on_remove_clicked(self) -> None:
        self.remove_clicked.emit(self.attachment)

    @Slot()
    def _on_budget_clicked(self) -> None:
        menu = PixelBudgetMenu(self.attachment, self._options, self._visual_token_seconds, self._resolution, self)
        menu.chosen.connect(self._on_budget_chosen)
        menu.popup(self.budget.mapToGlobal(self.budget.rect().bottomLeft()))

    @Slot(object)
    def _on_budget_chosen(self, pixels: int | None) -> None:
        self.budget_chosen.emit(self.attachment, pixels)
