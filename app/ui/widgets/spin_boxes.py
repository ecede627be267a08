"""Number fields."""

from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

MARGIN = 6
"""Space beside the number in pixels; Qt ignores the style sheet's padding there."""


def with_margin(box: QSpinBox | QDoubleSpinBox) -> None:
    """Set the number off the field's border, as text is in other fields."""
    box.lineEdit().setTextMargins(MARGIN, 0, 0, 0)
