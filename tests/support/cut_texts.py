"""Finds what of a shown window's texts and controls cannot be seen, by measuring."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)

from app.ui.widgets.labels import ElidedLabel

TOLERANCE = 1
"""Pixels by which a text may be wider than its place: sizes are rounded."""
CURSOR = 4
"""Pixels of a line of input that Qt keeps free of text."""
_CONTROLS = (QAbstractButton, QLabel, QComboBox, QAbstractSpinBox, QLineEdit)


def cut_texts(window: QWidget) -> list[str]:
    """Say of each visible widget what of it is cut off; texts that end with an ellipsis tell the rest in a tooltip."""
    visible = [it for it in window.findChildren(QWidget) if it.isVisible() and it.window() is window]
    return [f"{type(it).__name__} “{_name(it)}” {cut}" for it in visible for cut in _cuts(it, window)]


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return ((text() if callable(text) else "") or widget.accessibleName() or widget.objectName())[:60]


def _cuts(widget: QWidget, window: QWidget) -> Iterator[str]:
    if isinstance(widget, QAbstractScrollArea) and (rest := widget.horizontalScrollBar().maximum()):
        yield f"scrolls sideways by {rest}"
    if isinstance(widget, _CONTROLS):
        seen = widget.visibleRegion().boundingRect()
        place = QRect(widget.mapTo(window, QPoint()), widget.size())
        if not seen.isEmpty() and seen.width() < widget.width() - TOLERANCE:
            yield f"shows {seen.width()} of {widget.width()} pixels"
        elif place.left() < 0 or place.right() > window.width():
            yield f"is at {place.left()} to {place.right()} of {window.width()}"
        needed_width, needed_height = _needed(widget)
        if needed_width > widget.width() + TOLERANCE:
            yield f"needs the width {needed_width} and has {widget.width()}"
        if needed_height > widget.height() + TOLERANCE:
            yield f"needs the height {needed_height} and has {widget.height()}"


def _needed(widget: QWidget) -> tuple[int, int]:
    """Return the width and height in which all of a widget's text is seen."""
    line = widget.fontMetrics().height()
    width = 0
    match widget:
        case ElidedLabel():
            pass
        case QLabel() if widget.wordWrap():
            return _longest_word(widget), widget.heightForWidth(widget.width())
        case QLabel() | QAbstractButton() if widget.text():
            width = widget.sizeHint().width()
        case QComboBox():
            width = _text_width(widget, *map(widget.itemText, range(widget.count()))) + _arrow(widget)
        case QAbstractSpinBox() if edit := widget.findChild(QLineEdit):
            width = _text_width(edit, edit.text()) + CURSOR + widget.width() - _room(edit)
        case QLineEdit() if not isinstance(widget.parentWidget(), QAbstractSpinBox):
            width = _text_width(widget, widget.placeholderText()) + CURSOR + widget.width() - _room(widget)
        case _:
            line = 0
    return width, line


def _text_width(widget: QWidget, *texts: str) -> int:
    return max((widget.fontMetrics().boundingRect(text).width() for text in texts), default=0)


def _room(edit: QLineEdit) -> int:
    """Return the width of a line of input without its margins."""
    return edit.contentsRect().width() - edit.textMargins().left() - edit.textMargins().right()


def _arrow(box: QComboBox) -> int:
    """Return the width of all of a drop-down list but its text."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    return box.width() - box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, box).width()


def _longest_word(label: QLabel) -> int:
    """Return the width of the longest word; Chinese and Japanese break anywhere."""
    return _text_width(label, *label.text().split()) if label.text().isascii() else 0
