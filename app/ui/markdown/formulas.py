"""Pictures of formulas, drawn on a thread of their own.

ziamath takes tens of milliseconds to draw TeX as SVG, too long for the GUI thread.
"""

import contextlib
import hashlib
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Protocol

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, QUrl, Signal, SignalInstance, Slot
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

from app.domain.text.markdown import Formula, mark_spans
from app.ui.markdown.code_blocks import LANGUAGE
from app.ui.markdown.text_positions import QtPositions, qt_position
from app.ui.widgets.labels import tooltip

MAX_DRAWN = 100
"""Maximum number of formulas drawn in one text; later ones are shown as TeX."""
KEPT = 1000
SOURCE = QTextFormat.Property.UserProperty.value
"""The property of a picture's text format that holds its TeX source."""
IMAGE = "\ufffc"
"""The character that stands for an image in a document's text."""
X_HEIGHT = 0.473
"""The x-height of STIX Two Math, ziamath's own font, as a fraction of its size."""
NOTIFY_MILLISECONDS = 150
MAX_SECONDS = 2.0
"""Maximum time in seconds for drawing; a formula that takes longer is shown as TeX."""
RIM = 1
"""Margin in pixels that ziamath leaves around a formula."""
LARGEST = 4000
"""Maximum side of a picture in pixels; a larger formula is shown as TeX."""


@dataclass(frozen=True, slots=True)
class FormulaStyle:
    """The style in which a formula is drawn.

    Args:
        x_height: The x-height of the surrounding text in pixels, which the formula's letters get, too.
        colour: `#rrggbb`.
        ratio: The device pixel ratio.
    """

    x_height: float
    colour: str
    ratio: float


@dataclass(frozen=True, slots=True)
class FormulaPicture:
    """`image` on a transparent background, and its vertical alignment on the line."""

    image: QImage
    alignment: QTextCharFormat.VerticalAlignment


class MakePicture(Protocol):
    """The signature of `draw`, and of a painter's `picture`, which may not have one yet."""

    def __call__(self, tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        """Return the picture of `tex`, or None."""
        ...


_Key = tuple[str, bool, FormulaStyle]


class FormulaPainter(QObject):
    """Draws one formula after the other and caches the latest. `drawn` is emitted when there are new ones.

    It is emitted at most once in NOTIFY_MILLISECONDS, because each time a whole text is rendered again.
    """

    drawn = Signal()
    _finished = Signal(tuple, object)  # FormulaPicture | None: a union is no class.

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: OrderedDict[_Key, FormulaPicture | None] = OrderedDict()
        self._wanted: deque[_Key] = deque()
        self._is_drawing = False
        self._notifying = QTimer(self)
        self._notifying.setSingleShot(True)
        self._notifying.setInterval(NOTIFY_MILLISECONDS)
        self._notifying.timeout.connect(self.drawn)
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    @property
    def is_drawing(self) -> bool:
        """Whether a formula is being drawn; others may wait for it."""
        return self._is_drawing

    def picture(self, tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        """Return the picture of `tex`, or None while there is none: then show the TeX.

        The first call requests it. Invalid TeX never has one.
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
            # A daemon, so that an endless formula does not keep the window from closing.
            work = partial(_draw, self._wanted.popleft(), self._finished)
            threading.Thread(target=work, name="formula", daemon=True).start()

    def _keep(self, key: _Key, picture: FormulaPicture | None) -> None:
        self._pictures[key] = picture
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)

    @Slot(tuple, object)
    def _on_finished(self, key: _Key, picture: FormulaPicture | None) -> None:
        self._keep(key, picture)
        self._is_drawing = False
        self._draw_next()
        if picture is not None and not self._notifying.isActive():
            self._notifying.start()


def draw(tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
    """Draw a TeX formula so that its baseline lies on the text's; None if it cannot be parsed.

    Qt puts an image on the baseline, or its middle a quarter of the x-height above (QTextDocumentLayout, AlignMiddle).
    A formula that reaches below the baseline uses the latter, with padding above or below so that it fits.
    """
    import ziafont  # noqa: PLC0415 - its fonts take a third of a second to load
    import ziamath.zmath  # noqa: PLC0415

    ziafont.config.svg2 = False  # type: ignore[attr-defined]  # Qt does not support symbols with negative coordinates.
    try:
        size = style.x_height / X_HEIGHT
        svg = ziamath.zmath.Latex(tex, size=size, color=style.colour, inline=not is_display).svg()
    except Exception:  # noqa: BLE001 - untrusted text, third-party parsers, and a good fallback
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
    """Replace each mark by its formula's picture, or by its TeX if there is none (yet); then return False."""
    if not formulas:
        return True
    style = FormulaStyle(QFontMetricsF(document.defaultFont()).xHeight(), colour, ratio)
    text = document.toPlainText()
    positions = QtPositions(text)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()  # Otherwise the document would be laid out once for each.
    is_complete = True
    for start, end, number in reversed(mark_spans(text)):
        cursor.setPosition(positions.of(start))
        cursor.setPosition(positions.of(end), QTextCursor.MoveMode.KeepAnchor)
        formula = formulas[number]
        picture = None
        if number < MAX_DRAWN and not cursor.blockFormat().hasProperty(LANGUAGE):
            picture = make_picture(formula.tex, style, is_display=formula.is_display)
            is_complete = is_complete and picture is not None
        if picture is None:
            cursor.insertText(formula.source)
            continue
        name = formula_name(formula.tex, is_display=formula.is_display)
        document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), picture.image)
        image = QTextImageFormat()
        image.setName(name)
        image.setWidth(picture.image.deviceIndependentSize().width())
        image.setHeight(picture.image.deviceIndependentSize().height())
        image.setVerticalAlignment(picture.alignment)
        image.setToolTip(tooltip(formula.source))
        image.setProperty(SOURCE, formula.source)
        cursor.insertImage(image)
    cursor.endEditBlock()
    return is_complete


def formula_name(tex: str, *, is_display: bool) -> str:
    """Return the name of a formula's picture in a document."""
    digest = hashlib.sha256(tex.encode("utf-8", "surrogatepass")).hexdigest()
    return f"formula:{digest[:32]}-{int(is_display)}"


def written(selection: QTextCursor) -> str:
    """Return the selected text, with every formula as TeX."""
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
    import ziamath.zmath  # noqa: F401, PLC0415 - on a busy machine loading may take longer than a formula may

    end = time.monotonic() + MAX_SECONDS

    def stop_in_time(*_: object) -> None:
        if time.monotonic() > end:
            raise TimeoutError

    sys.setprofile(stop_in_time)  # For this thread; nothing else can stop it from outside.
    picture = None
    try:
        with contextlib.suppress(Exception):  # Whatever the text causes: the next formula waits for this.
            picture = draw(tex, style, is_display=is_display)
    finally:
        sys.setprofile(None)
    with contextlib.suppress(RuntimeError):  # The window may be gone.
        finished.emit(key, picture)
