"""The button that has the built-in OCR read the images of a question."""

from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip


def read_button(parent: QWidget) -> QPushButton:
    """Create the button, for one image."""
    made = button("", Role.SOFT, parent=parent)
    show_read_button(made, 1)
    return made


def show_read_button(read: QPushButton, count: int) -> None:
    """Say whether the button reads one image or several."""
    name = (
        tr("Read the text of each image with the built-in OCR, one after the other")
        if count > 1
        else tr("Read the text of the image with the built-in OCR")
    )
    read.setText(tr("Read all") if count > 1 else tr("Read text"))
    read.setAccessibleName(name)
    read.setToolTip(tooltip(name))
