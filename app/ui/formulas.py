"""Pictures of formulas, drawn beside the window's own work.

ziamath draws TeX as SVG in tens of milliseconds, too long for the thread that also scrolls.
"""

import contextlib
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Protocol

from PySide6.QtCore import QObject, QRectF, Qt, QUrl, Signal, SignalInstance, Slot
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QPainter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextImageFormat,
)
from PySide6.QtSvg import QSvgRenderer

from app.domain.markdown import Formula, mark_places
from app.ui.code_blocks import LANGUAGE
from app.ui.labels import tooltip
from app.ui.text_positions import qt_position

KEPT = 300
SOURCE = QTextFormat.Property.UserProperty.value
"""The property of a picture that has what was written."""
IMAGE = "\ufffc"
"""What an image is in a document's text."""
X_HEIGHT = 0.473
"""Of STIX Two Math, ziamath's own font, as a part of its size."""
RIM = 1
"""Pixels that ziamath leaves around a formula."""
LARGEST = 4000
"""Pixels of a side; what comes out larger is shown as it was written."""


@dataclass(frozen=True, slots=True)
class FormulaStyle:
    """How a formula is drawn.

    Args:
        x_height: Of the text around it, in pixels; the formula's letters get the same.
        colour: `#rrggbb`.
        ratio: How many dots make a pixel.
    """

    x_height: float
    colour: str
    ratio: float


@dataclass(frozen=True, slots=True)
class FormulaPicture:
    """`image` on a transparent ground, and how it stands on the line."""

    image: QImage
    alignment: QTextCharFormat.VerticalAlignment


class MakePicture(Protocol):
    """`draw`, or a painter's `picture`, which may have none yet."""

    def __call__(self, tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        """The picture of `tex`, or None."""
        ...


_Key = tuple[str, bool, FormulaStyle]


class FormulaPainter(QObject):
    """Draws one formula after the other and keeps those that were drawn last. `drawn` tells that there are new ones."""

    drawn = Signal()
    _finished = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[_Key, FormulaPicture | None] = OrderedDict()
        self._wanted: deque[_Key] = deque()
        self._is_drawing = False
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    def picture(self, tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        """The picture of `tex`, or None while there is none: then show it as it was written.

        The first call asks for it. What is no TeX never has one.
        """
        key = (tex, is_display, style)
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        self._keep(key, None)
        self._wanted.append(key)
        self._draw_next()
        return None

    def _draw_next(self) -> None:
        if self._wanted and not self._is_drawing:
            self._is_drawing = True
            # A daemon, as a formula that takes for ever must not keep the window from closing.
            work = partial(_draw, self._wanted.popleft(), self._finished)
            threading.Thread(target=work, name="formula", daemon=True).start()

    def _keep(self, key: _Key, picture: FormulaPicture | None) -> None:
        self._pictures[key] = picture
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)

    @Slot(object, object)
    def _on_finished(self, key: _Key, picture: FormulaPicture | None) -> None:
        self._keep(key, picture)
        self._is_drawing = False
        self._draw_next()
        if picture is not None:
            self.drawn.emit()


def draw(tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
    """Draw TeX's mathematics so that its baseline comes to lie on the text's; None where it cannot be understood.

    Qt puts an image on the baseline, or its middle a quarter of the x-height above (QTextDocumentLayout, AlignMiddle).
    For what reaches below the baseline the latter, with so much added above or below that it fits.
    """
    import ziafont  # noqa: PLC0415 - its fonts take a third of a second to load
    import ziamath.zmath  # noqa: PLC0415

    ziafont.config.svg2 = False  # type: ignore[attr-defined]  # Qt knows no symbols with places below zero.
    try:
        size = style.x_height / X_HEIGHT
        svg = ziamath.zmath.Latex(tex, size=size, color=style.colour, inline=not is_display).svg()
    except Exception:  # noqa: BLE001 - the text is a model's, the parsers are not ours, and there is a good way on
        return None
    renderer = QSvgRenderer(svg.encode())
    box = renderer.viewBoxF()  # The baseline is at 0.
    if not renderer.isValid() or not (0 < box.width() < LARGEST and 0 < box.height() < LARGEST):
        return None
    depth = box.bottom() - RIM
    if depth < 0.5:
        height = ceil(-box.top())
        baseline = float(height)
        alignment = QTextCharFormat.VerticalAlignment.AlignNormal
    else:
        rise = style.x_height / 2
        height = ceil(max(2 * box.bottom() + rise, -2 * box.top() - rise))
        baseline = (height + rise) / 2
        alignment = QTextCharFormat.VerticalAlignment.AlignMiddle
    image = QImage(
        round(box.width() * style.ratio), round(height * style.ratio), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(style.ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, baseline + box.top(), box.width(), box.height()))
    painter.end()
    return FormulaPicture(image, alignment)


def put_formulas(
    document: QTextDocument, formulas: Sequence[Formula], make_picture: MakePicture, colour: str, ratio: float
) -> bool:
    """Replace each mark by its formula's picture, or by what was written where there is none (yet): then False."""
    if not formulas:
        return True
    style = FormulaStyle(QFontMetricsF(document.defaultFont()).xHeight(), colour, ratio)
    text = document.toPlainText()
    cursor = QTextCursor(document)
    is_complete = True
    for start, end, number in reversed(mark_places(text)):
        cursor.setPosition(qt_position(text, start))
        cursor.setPosition(qt_position(text, end), QTextCursor.MoveMode.KeepAnchor)
        formula = formulas[number]
        picture = None
        if not cursor.blockFormat().hasProperty(LANGUAGE):
            picture = make_picture(formula.tex, style, is_display=formula.is_display)
            is_complete = is_complete and picture is not None
        if picture is None:
            cursor.insertText(formula.source)
            continue
        name = f"formula:{number}"
        document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), picture.image)
        image = QTextImageFormat()
        image.setName(name)
        image.setWidth(picture.image.deviceIndependentSize().width())
        image.setHeight(picture.image.deviceIndependentSize().height())
        image.setVerticalAlignment(picture.alignment)
        image.setToolTip(tooltip(formula.source))
        image.setProperty(SOURCE, formula.source)
        cursor.insertImage(image)
    return is_complete


def written(selection: QTextCursor) -> str:
    """The selected text, with every formula as it was written."""
    text = selection.selectedText().replace("\u2029", "\n").replace("\u2028", "\n")
    cursor = QTextCursor(selection)
    parts = text.split(IMAGE)
    place = selection.selectionStart()
    for number, part in enumerate(parts[:-1]):
        place += qt_position(part, len(part)) + 1
        cursor.setPosition(place)
        parts[number] = part + (cursor.charFormat().property(SOURCE) or "")
    return "".join(parts)


def _draw(key: _Key, finished: SignalInstance) -> None:
    tex, is_display, style = key
    picture = draw(tex, style, is_display=is_display)
    with contextlib.suppress(RuntimeError):  # The window may be gone.
        finished.emit(key, picture)
