"""The menu for the pixel budget of one image: a slider from the minimum to every pixel."""

from dataclasses import replace
from math import inf

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QSlider, QVBoxLayout, QWidget, QWidgetAction

from app.domain.documents.automatic_resolution import Resolution
from app.domain.images.attachments import Attachment
from app.domain.images.visual_tokens import MIN_PIXELS
from app.domain.settings.generation_options import GenerationOptions
from app.domain.shown_setting import bounded
from app.ui.composer.token_texts import seen_by_model
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.zoomed_width import ZoomedWidth

WIDTH = 300
STEPS_TO_DOUBLE = 2


class PixelBudgetMenu(QMenu):
    """`chosen` carries the maximum pixels of the image for the model, or None for the general setting."""

    chosen = Signal(object)  # int | None: a union is no class.

    def __init__(
        self,
        attachment: Attachment,
        options: GenerationOptions,
        visual_token_seconds: float,
        resolution: Resolution | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._attachment, self._options = attachment, options
        self._visual_token_seconds = visual_token_seconds
        self._budgets = budgets(attachment)
        inside = QWidget(self)
        ZoomedWidth(inside, inside.setFixedWidth, WIDTH)
        self.slider = QSlider(Qt.Orientation.Horizontal, inside)
        self.slider.setAccessibleName(tr("Resolution at which the model sees {name}", name=attachment.name))
        self.slider.setRange(0, len(self._budgets) - 1)
        self.slider.setPageStep(STEPS_TO_DOUBLE)
        self.sentence = label("", "hint", wraps=True, parent=inside)
        self.usual = _default_button(options, inside)
        self._inside, self._column = inside, QVBoxLayout(inside)
        column = self._column
        column.setContentsMargins(12, 8, 12, 8)
        for part in (self.sentence, self.slider, self.usual):
            column.addWidget(part)
        self._action = QWidgetAction(self)
        self._action.setDefaultWidget(inside)
        self.addAction(self._action)
        self.show_cost(attachment, options, visual_token_seconds, resolution)
        self.slider.valueChanged.connect(self._on_moved)
        self.usual.clicked.connect(self._on_usual_clicked)

    def show_cost(
        self,
        attachment: Attachment,
        options: GenerationOptions,
        visual_token_seconds: float,
        resolution: Resolution | None,
    ) -> None:
        """Show the resolution and its cost, which may become known, or change, while the menu is open."""
        self._attachment, self._options = attachment, options
        self._visual_token_seconds = visual_token_seconds
        pixel_budget = attachment.pixel_budget or (resolution or options).pixel_budget
        self.slider.blockSignals(True)
        self.slider.setValue(min(range(len(self._budgets)), key=lambda step: abs(self._budgets[step] - pixel_budget)))
        self.slider.blockSignals(False)
        self.usual.setEnabled(attachment.pixel_budget is not None)
        self._show(attachment, resolution)

    def _show(self, attachment: Attachment, resolution: Resolution | None = None) -> None:
        seconds = self._visual_token_seconds
        sentence = seen_by_model(attachment, self._options, seconds, resolution)[1]
        self.sentence.setText(sentence)
        self._column.activate()
        self._inside.setFixedHeight(self._column.totalHeightForWidth(self._inside.width()))
        self._action.setText(sentence)  # A menu asks for the height of a widget again only if its action changes.

    @Slot(int)
    def _on_moved(self, step: int) -> None:
        self._show(replace(self._attachment, pixel_budget=self._budgets[step]))
        self.usual.setEnabled(True)
        self.chosen.emit(self._budgets[step])

    @Slot()
    def _on_usual_clicked(self) -> None:
        self.chosen.emit(None)
        self.close()


def _default_button(options: GenerationOptions, parent: QWidget) -> QPushButton:
    if options.automatic_resolution:
        return button(tr("Automatic"), Role.LINK, tr("Choose the resolution by the print on the image"), parent)
    return button(tr("Use default"), Role.LINK, tr("Use the same resolution as for other images"), parent)


def budgets(attachment: Attachment) -> tuple[int, ...]:
    """Return the budgets to choose from, from the model's minimum to all of the image's pixels, in equal ratios.

    The frames of a video share the chosen budget.
    """
    wanted = inf if attachment.is_video else attachment.width * attachment.height
    most = bounded(GenerationOptions, "pixel_budget", wanted)
    found = [MIN_PIXELS]
    while found[-1] < most:
        found.append(round(MIN_PIXELS * 2 ** (len(found) / STEPS_TO_DOUBLE)))
    return tuple(found)
