"""The viewer beside the chat: one image at a time, its detections, and actions on it."""

from collections.abc import Sequence
from functools import partial
from math import ceil, floor

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.domain.documents.clean_up import ignored_lines
from app.domain.documents.page_rows import selected_text
from app.domain.documents.pages import OcrPage
from app.domain.documents.translation import Translation
from app.domain.images.attachments import Attachment, ImageCrop
from app.domain.images.detection_formats import DetectionFormat
from app.domain.images.geometry import Box
from app.domain.images.placed_detections import placed_detections
from app.domain.settings.generation_options import GenerationOptions
from app.domain.text.grounding import SCALE, Detection
from app.ui.images.selection_bar import SelectionBar
from app.ui.images.translate_button import TranslateButton
from app.ui.images.translated_image import translated_image
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, label
from app.ui.widgets.page_canvas import NO_PAGE, PageCanvas
from app.ui.widgets.zoom_buttons import ZoomButtons


class ImageViewer(QFrame):
    """`wanted` requests a preview of an Attachment, `read_clicked` its OCR, `closed` asks to hide the viewer.

    `part_wanted(Attachment, ImageCrop)` asks to attach a crop, `part_read_clicked` to read it,
    `save_wanted(DetectionFormat)` to export the detections, `full_screen_clicked` to toggle full screen.
    `translation_wanted(Attachment, str)` names a language in English, `translation_save_wanted` asks to save the
    translated image as shown. `document_wanted(Attachment)` requests the document window,
    `image_save_wanted(Attachment)` to save a copy of the file.
    """

    wanted = Signal(Attachment)
    read_clicked = Signal(Attachment)
    closed = Signal()
    part_wanted = Signal(Attachment, ImageCrop)
    part_read_clicked = Signal(Attachment, ImageCrop)
    save_wanted = Signal(DetectionFormat)
    full_screen_clicked = Signal()
    detection_hovered = Signal(str, int)
    translation_wanted = Signal(Attachment, str)
    translation_save_wanted = Signal(Translation)
    document_wanted = Signal(Attachment)
    image_save_wanted = Signal(Attachment)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewer")
        self.setAccessibleName(tr("Image"))
        self.attachment: Attachment | None = None
        self.message_id = ""
        self.detections: Sequence[Detection] = ()
        self._written: Sequence[Detection] = ()
        self._pixel_budget, self._model_name = GenerationOptions().pixel_budget, ""
        self._images: Sequence[Attachment] = ()
        self.canvas = PageCanvas(self)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # A click beside text leaves the focus to the message.
        self.canvas.is_file = True
        self._text = NO_PAGE
        self._words = label("", "hint", wraps=True, parent=self)
        self._name = ElidedLabel(parent=self)
        self._details = label("", "muted", wraps=True, parent=self)
        self._page = label("", "muted", parent=self)
        self.previous = icon_button(Icon.PREVIOUS, tr("Previous image"), self)
        self.next = icon_button(Icon.NEXT, tr("Next image"), self)
        self.full_screen = icon_button(Icon.FULL_SCREEN, tr("Toggle full screen (F11)"), self)
        self.close_button = icon_button(Icon.CLOSE, tr("Close the image"), self)
        self.read = button(tr("Read text"), Role.SOFT, tr("Read the text of this image"), self)
        details = tr("Show text lines, tables, fields and corrections in a separate window")
        self.document = button(tr("Open as document"), Role.PLAIN, details, self)
        self.zoom = ZoomButtons(self.canvas, self)
        self.fit = button(tr("Fit"), Role.PLAIN, tr("Fit the image to the window"), self)
        self.pixels = button("1:1", Role.PLAIN, tr("Show at actual size"), self)
        self.rotate = icon_button(Icon.ROTATE, tr("Rotate clockwise"), self)
        self.part = button(tr("Select"), Role.PLAIN, tr("Drag to select an area to ask about"), self)
        self.part.setCheckable(True)
        self.selection = SelectionBar(self)
        self._area: Box | None = None
        """The selected area, in fractions of the image's sides."""
        self.places = QToolButton(self)
        self.translate = TranslateButton(self)
        self.translation: Translation | None = None
        self._picture = QPixmap()
        self._lay_out()
        self._add_forms()
        self._wire()

    def _wire(self) -> None:
        self.previous.clicked.connect(self._on_previous_clicked)
        self.next.clicked.connect(self._on_next_clicked)
        self.close_button.clicked.connect(self.closed)
        self.read.clicked.connect(self._on_read_clicked)
        self.document.clicked.connect(self._on_document_clicked)
        self.fit.clicked.connect(self.canvas.fit)
        self.pixels.clicked.connect(self.canvas.show_pixels)
        self.rotate.clicked.connect(self.canvas.rotate)
        self.part.clicked.connect(self._on_part_clicked)
        self.full_screen.clicked.connect(self.full_screen_clicked)
        self.translate.language_chosen.connect(self._on_language_chosen)
        self.translate.original_toggled.connect(self._show_version)
        self.translate.save_clicked.connect(self._on_translation_save_clicked)
        self.canvas.detection_hovered.connect(self._on_detection_hovered)
        self.canvas.save_wanted.connect(self._on_save_clicked)
        self.canvas.part_selected.connect(self._on_part_selected)
        self.canvas.selecting_ended.connect(self._on_selecting_ended)
        self.selection.ask.clicked.connect(self._on_ask_clicked)
        self.selection.read.clicked.connect(self._on_read_part_clicked)
        self.selection.copy.clicked.connect(self._on_copy_part_clicked)
        self.selection.cancelled.connect(self.canvas.end_selecting)

    def show_images(self, images: Sequence[Attachment], shown: Attachment) -> None:
        """Show one of several images; its preview is requested unless it is shown already."""
        self._images = images
        place = images.index(shown)
        self._page.setText(f"{place + 1} / {len(images)}")
        for part in (self._page, self.previous, self.next):
            part.setVisible(len(images) > 1)
        is_new, self.attachment = shown != self.attachment, shown
        self.previous.setEnabled(place > 0)
        self.next.setEnabled(place + 1 < len(images))
        if not is_new:
            return
        self._place_detections()
        self.canvas.setAccessibleName(tr("Image {name}", name=shown.name))
        self._name.setText(shown.name)
        self._details.setText(ui_text.image_details(shown))
        for tool in (self.part, self.read, self.translate, self.document):
            tool.setVisible(not shown.is_video)
        self._clear_translation()
        self._text = NO_PAGE
        self.canvas.set_picture(QPixmap())
        self._place_text()
        self._show_message(tr("Opening…"))
        self.wanted.emit(shown)

    def set_pixel_budget(self, pixels: int) -> None:
        """Set the maximum number of pixels with which the model sees images, for answers that count in them."""
        self._pixel_budget = pixels
        self._place_detections()

    def show_detections(self, message_id: str, detections: Sequence[Detection], model_name: str = "") -> None:
        """Draw the detections of an answer of the model with this name."""
        self._model_name = model_name
        self.message_id = message_id
        self._written = detections
        self.places.setVisible(bool(detections))
        self._place_detections()

    def mark_boxes(self, page: OcrPage, boxes: Sequence[Box]) -> None:
        """Mark boxes, in pixels of `page`, on the image that is shown, until detections are shown."""
        across, down = SCALE / page.width, SCALE / page.height
        self.canvas.set_detections(
            [
                Detection(
                    label="",
                    left=box.left * across,
                    top=box.top * down,
                    right=box.right * across,
                    bottom=box.bottom * down,
                    start=0,
                    end=0,
                )
                for box in boxes
            ]
        )

    @Slot(Attachment, OcrPage)
    def show_text(self, attachment: Attachment, page: OcrPage) -> None:
        """Let the text of an image be selected on it."""
        if attachment == self.attachment:
            self._text = page
            self._place_text()

    @Slot(Attachment, bytes)
    def show_preview(self, attachment: Attachment, png: bytes) -> None:
        """Show a preview, a PNG made by the image decoder process."""
        if attachment != self.attachment:
            return
        pixmap = QPixmap()
        pixmap.loadFromData(png, "PNG")
        self._picture = pixmap
        self.canvas.set_picture(pixmap)
        self._show_size()
        self._show_message("")

    @Slot(Translation)
    def show_translation(self, translation: Translation) -> None:
        """Show a translation, even an incomplete one, in place of the original."""
        if translation.attachment != self.attachment or self._picture.isNull():
            return
        self.translation = translation
        self.translate.set_translated(is_translated=True)
        self._show_version()
        if translation.is_whole:
            self._show_size()
        else:
            known = sum(map(bool, translation.texts))
            self._details.setText(tr("Translating: {known} of {all}", known=known, all=len(translation.texts)))

    def end_translation(self, attachment: Attachment) -> None:
        """Mark the translation as ended."""
        if attachment == self.attachment:
            self._show_size()

    def show_failure(self, sentence: str) -> None:
        """Show why there is no preview."""
        self._show_message(sentence)

    def _clear_translation(self) -> None:
        self.translation = None
        self.translate.set_translated(is_translated=False)

    def _show_size(self) -> None:
        if self.attachment is not None:
            size = self._picture.size()
            self._details.setText(ui_text.shown_size(self.attachment, size.width(), size.height()))

    def _show_message(self, sentence: str) -> None:
        self._words.setText(sentence)
        self._pages.setCurrentWidget(self._words if sentence else self.canvas)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._name, 1)
        for part in (self.previous, self._page, self.next, self.full_screen, self.close_button):
            head.addWidget(part)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.canvas)
        self._pages.addWidget(self._words)
        foot = FlowLayout()
        for tool in (self.zoom, self.fit, self.pixels, self.rotate):
            foot.addWidget(tool)
        foot.push()
        foot.addWidget(self.places)
        foot.addWidget(self.translate)
        foot.addWidget(self.document)
        foot.addWidget(self.part)
        foot.addWidget(self.read)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(self._pages, 1)
        column.addWidget(self.selection)
        column.addWidget(self._details)
        column.addLayout(foot)

    def _place_detections(self) -> None:
        if self.attachment is not None:
            self.detections = placed_detections(self._written, self.attachment, self._pixel_budget, self._model_name)
            self.canvas.set_detections(self.detections)

    def _place_text(self) -> None:
        """Let the text be selected, unless it is covered by a translation."""
        is_covered = self.translation is not None and not self.translate.original.isChecked()
        self.canvas.set_page(NO_PAGE if is_covered else self._text)
        self.selection.copy.setEnabled(bool(self._lines_in_area()))

    def _add_forms(self) -> None:
        self.places.setObjectName("presets")
        self.places.setText(tr("Boxes"))
        self.places.setAccessibleName(tr("Save the boxes in this answer"))
        self.places.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for form in DetectionFormat:
            menu.addAction(ui_text.detection_format(form), partial(self.save_wanted.emit, form))
        self.places.setMenu(menu)
        self.places.hide()

    def _step(self, by: int) -> None:
        if self.attachment is not None:
            self.show_images(self._images, self._images[self._images.index(self.attachment) + by])

    @Slot()
    def _on_previous_clicked(self) -> None:
        self._step(-1)

    @Slot()
    def _on_next_clicked(self) -> None:
        self._step(1)

    @Slot()
    def _on_read_clicked(self) -> None:
        if self.attachment is not None:
            self.read_clicked.emit(self.attachment)

    @Slot()
    def _show_version(self) -> None:
        """Show the translation or the original."""
        shown, original = self.translation, self._picture
        self._place_text()
        if shown is None or self.translate.original.isChecked():
            self.canvas.replace_picture(original)
            return
        image = translated_image(original.toImage(), shown.page_width, shown.paragraphs, shown.texts)
        self.canvas.replace_picture(QPixmap.fromImage(image))

    @Slot(str)
    def _on_language_chosen(self, language: str) -> None:
        if self.attachment is not None and not self._picture.isNull():
            self._clear_translation()
            self._show_version()
            self._details.setText(tr("Translating…"))
            self.translation_wanted.emit(self.attachment, language)

    @Slot()
    def _on_translation_save_clicked(self) -> None:
        if self.translation is not None:
            self.translation_save_wanted.emit(self.translation)

    @Slot()
    def _on_save_clicked(self) -> None:
        if self.attachment is not None:
            self.image_save_wanted.emit(self.attachment)

    @Slot()
    def _on_document_clicked(self) -> None:
        if self.attachment is not None:
            self.document_wanted.emit(self.attachment)

    @Slot(bool)
    def _on_part_clicked(self, is_wanted: bool) -> None:
        if is_wanted:
            self.canvas.begin_selecting(tr("Drag to select an area. Esc to cancel."))
        else:
            self.canvas.end_selecting()

    @Slot()
    def _on_selecting_ended(self) -> None:
        self.part.setChecked(False)
        self._area = None
        self.selection.hide()

    @Slot(float, float, float, float)
    def _on_part_selected(self, left: float, top: float, right: float, bottom: float) -> None:
        """Keep the area marked, and offer what can be done with it."""
        self._area = Box(left, top, right, bottom)
        self.canvas.mark_area(left, top, right, bottom)
        self.selection.copy.setEnabled(bool(self._lines_in_area()))
        self.selection.show()
        if self.canvas.hasFocus():
            self.selection.ask.setFocus()

    def _lines_in_area(self) -> dict[int, str]:
        lines = ignored_lines(self._text, (self._area,)) if self._area else ()
        return {number: self._text.lines[number].text for number in lines}

    def _take_part(self) -> ImageCrop | None:
        """Return the selected crop of the image, and end the selection."""
        image, area = self.attachment, self._area
        self.canvas.end_selecting()
        if image is None or area is None:
            return None
        return ImageCrop(
            digest=image.digest,
            name=image.name,
            left=floor(area.left * image.width),
            top=floor(area.top * image.height),
            right=ceil(area.right * image.width),
            bottom=ceil(area.bottom * image.height),
            turns=self.canvas.quarter_turns,
        )

    @Slot()
    def _on_ask_clicked(self) -> None:
        if part := self._take_part():
            self.part_wanted.emit(self.attachment, part)

    @Slot()
    def _on_read_part_clicked(self) -> None:
        if part := self._take_part():
            self.part_read_clicked.emit(self.attachment, part)

    @Slot()
    def _on_copy_part_clicked(self) -> None:
        QGuiApplication.clipboard().setText(selected_text(self._text, self._lines_in_area(), 0))

    @Slot(int)
    def _on_detection_hovered(self, number: int) -> None:
        self.detection_hovered.emit(self.message_id, number)
