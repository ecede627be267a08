"""Chips for the places of an answer, each of which lights its box on the image."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.domain.text.grounding import Detection
from app.domain.text.visible_text import visible
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.discard import discard
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import tr_count
from app.ui.widgets.labels import label, tooltip

MAX_CHIPS = 60
"""Maximum number of chips; the image shows the boxes of all places."""
MAX_LABEL = 32
"""Maximum number of characters of a chip; its tooltip has the whole label."""
_ENTERED = {QEvent.Type.Enter, QEvent.Type.FocusIn}
_LEFT = {QEvent.Type.Leave, QEvent.Type.FocusOut}


class PlaceChips(QWidget):
    """`hovered(int)` carries the number of the chip under the pointer or with the focus, or -1; `clicked(int)`."""

    hovered = Signal(int)
    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = label("", parent=self)
        self._flow = FlowLayout()
        self._names: tuple[str, ...] = ()
        self.chips: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.count)
        column.addLayout(self._flow)

    def show_places(self, places: Sequence[Detection]) -> None:
        """Show a chip for each place; those that are there already stay, with the focus."""
        names = tuple(visible(place.label) or str(number) for number, place in enumerate(places, start=1))
        kept = len(self._names) if names[: len(self._names)] == self._names else 0
        for chip in self.chips[kept:]:
            self._flow.removeWidget(chip)
            discard(chip)
        del self.chips[kept:]
        self._names = names
        self.count.setText(tr_count("{count} place", "{count} places", len(names)))
        for number, name in list(enumerate(names[:MAX_CHIPS]))[kept:]:
            short = name if len(name) <= MAX_LABEL else f"{name[: MAX_LABEL - 1]}…"
            chip = button(short, Role.SOFT, parent=self)
            if short != name:
                chip.setToolTip(tooltip(name))
            chip.clicked.connect(partial(self.clicked.emit, number))
            chip.installEventFilter(self)
            self.chips.append(chip)
            self._flow.addWidget(chip)
            chip.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell which chip is pointed at."""
        if event.type() in _ENTERED and isinstance(watched, QPushButton) and watched in self.chips:
            self.hovered.emit(self.chips.index(watched))
        elif event.type() in _LEFT:
            self.hovered.emit(-1)
        return super().eventFilter(watched, event)
