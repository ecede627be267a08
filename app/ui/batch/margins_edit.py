"""Number fields for the margins that a batch ignores on every page."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.domain.documents.ignored_areas import ignored_text
from app.domain.images.geometry import Box
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import locale, mark, tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.spin_boxes import IntegerBox

MAX_PERCENT = 49
"""Maximum margin in percent of a page's side, so that something is left between two."""
_EDGES = (mark("Top"), mark("Bottom"), mark("Left"), mark("Right"))


class MarginsEdit(QWidget):
    """`edited()` when the user changes a margin. Areas that are no margins, as the command line takes, are kept."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._areas: tuple[Box, ...] = ()
        self.boxes = {edge: IntegerBox(self) for edge in _EDGES}
        self._others = label("", "muted", parent=self)
        self.clear = icon_button(Icon.CLOSE, tr("Clear ignored areas"), self)
        flow = FlowLayout()
        self.setLayout(flow)
        for edge, box in self.boxes.items():
            box.setRange(0, MAX_PERCENT)
            box.setSuffix(" %")
            box.setLocale(locale())
            name = QLabel(tr(edge), self)
            name.setBuddy(box)
            box.setAccessibleName(tr("Ignored margin: {edge}", edge=tr(edge)))
            box.setToolTip(tr("In percent of every page"))
            pair = QWidget(self)
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(name)
            row.addWidget(box)
            flow.addWidget(pair)
            box.valueChanged.connect(self._on_changed)
        flow.addWidget(self._others)
        flow.addWidget(self.clear)
        self.clear.clicked.connect(self._on_clear_clicked)
        self.set_areas(())

    @property
    def areas(self) -> tuple[Box, ...]:
        """The areas to ignore, in fractions of a page's sides."""
        return self._areas

    def set_areas(self, areas: tuple[Box, ...]) -> None:
        """Show areas, without emitting `edited`."""
        self._areas = areas
        margins = {edge: area for area in areas if (edge := _edge_of(area))}
        for edge, box in self.boxes.items():
            box.blockSignals(True)
            box.setValue(_percent(margins[edge]) if edge in margins else 0)
            box.blockSignals(False)
        others = tuple(area for area in areas if _edge_of(area) is None)
        self._others.setText(tr("Areas: {areas}", areas=ignored_text(others)) if others else "")
        self._others.setVisible(bool(others))
        self.clear.setVisible(bool(others))

    @Slot()
    def _on_changed(self) -> None:
        """Take the margins whose fields were changed; one that was not is as exact as it was given."""
        before = {edge: area for area in self._areas if (edge := _edge_of(area))}
        margins: list[Box] = []
        for edge, box in self.boxes.items():
            if edge in before and _percent(before[edge]) == box.value():
                margins.append(before[edge])
            elif box.value():
                margins.append(_margin(edge, box.value() / 100))
        self._areas = (*margins, *(area for area in self._areas if _edge_of(area) is None))
        self.edited.emit()

    @Slot()
    def _on_clear_clicked(self) -> None:
        self.set_areas(tuple(area for area in self._areas if _edge_of(area)))
        self.edited.emit()


def _margin(edge: str, share: float) -> Box:
    strips = (Box(0, 0, 1, share), Box(0, 1 - share, 1, 1), Box(0, 0, share, 1), Box(1 - share, 0, 1, 1))
    return strips[_EDGES.index(edge)]


def _edge_of(area: Box) -> str | None:
    """Return the edge along which an area is a margin that a field can show; None if it is none."""
    edges = (
        area.left == area.top == 0 and area.right == 1,
        area.left == 0 and area.right == area.bottom == 1,
        area.left == area.top == 0 and area.bottom == 1,
        area.top == 0 and area.right == area.bottom == 1,
    )
    return next((edge for edge, is_it in zip(_EDGES, edges, strict=True) if is_it and _size(area, edge) <= 0.49), None)


def _size(area: Box, edge: str) -> float:
    return area.bottom - area.top if edge in _EDGES[:2] else area.right - area.left


def _percent(area: Box) -> int:
    edge = _edge_of(area) or _EDGES[0]
    return max(1, round(100 * _size(area, edge)))
