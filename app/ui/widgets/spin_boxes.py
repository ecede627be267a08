"""Number fields, in which more than the maximum can be typed: it stays visible, and becomes the maximum when done.

Qt's own refuse the digit with which a number would be too large, so that 60 becomes 6 where 49 is the maximum.
"""

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

MARGIN = 6
"""Space beside the number in pixels; Qt ignores the style sheet's padding there."""
_MAX_CHARACTERS = 16


class IntegerBox(QSpinBox):
    """A field for whole numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lineEdit().setTextMargins(MARGIN, 0, 0, 0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take a number beyond the maximum as one that is not complete."""
        found = super().validate(text, position)
        is_beyond = found[0] is QValidator.State.Invalid and _typed(self, text) > self.maximum()
        return (QValidator.State.Intermediate, text, position) if is_beyond else found

    def fixup(self, text: str) -> str:
        """Return the text of the nearest number within the bounds, or of the present one if there is none."""
        nearest = max(self.minimum(), min(self.maximum(), int(_typed(self, text, self.value()))))
        return f"{self.prefix()}{self.textFromValue(nearest)}{self.suffix()}"


class DecimalBox(QDoubleSpinBox):
    """A field for numbers with decimal places."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lineEdit().setTextMargins(MARGIN, 0, 0, 0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take a number beyond the maximum as one that is not complete."""
        found = super().validate(text, position)
        is_beyond = found[0] is QValidator.State.Invalid and _typed(self, text) > self.maximum()
        return (QValidator.State.Intermediate, text, position) if is_beyond else found

    def fixup(self, text: str) -> str:
        """Return the text of the nearest number within the bounds, or of the present one if there is none."""
        nearest = max(self.minimum(), min(self.maximum(), _typed(self, text, self.value())))
        return f"{self.prefix()}{self.textFromValue(nearest)}{self.suffix()}"


def _typed(box: QSpinBox | QDoubleSpinBox, text: str, otherwise: float = float("-inf")) -> float:
    """Return the number that was typed, or `otherwise` if it is none or too long."""
    typed = text.removeprefix(box.prefix()).removesuffix(box.suffix()).strip()
    number, is_number = box.locale().toDouble(typed.replace(box.locale().groupSeparator(), ""))
    return number if is_number and len(typed) <= _MAX_CHARACTERS else otherwise
