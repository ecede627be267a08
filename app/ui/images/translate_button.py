"""The viewer's button for translating the image in place."""

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.domain.text.languages import LANGUAGES
from app.ui.widgets.i18n import tr


class TranslateButton(QToolButton):
    """Offers languages and, once there is a translation, to show the original and to save.

    `language_chosen` carries the language's English name, `original_toggled` True to show the original.
    """

    language_chosen = Signal(str)
    original_toggled = Signal(bool)
    save_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presets")
        self.setText(tr("Translate"))
        self.setToolTip(tr("Translate the text in this image, in place"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.original = QAction(tr("Show original"), self)
        self.original.setCheckable(True)
        self.original.toggled.connect(self.original_toggled)
        self.save = QAction(tr("Save as image…"), self)
        self.save.triggered.connect(self._on_save_triggered)
        menu.addActions([self.original, self.save])
        menu.addSeparator()
        for language in LANGUAGES:
            menu.addAction(language.own_name, partial(self.language_chosen.emit, language.name))
        self.setMenu(menu)
        self.set_translated(is_translated=False)

    def set_translated(self, *, is_translated: bool) -> None:
        """Offer to show the original and to save, if there is a translation."""
        self.original.setChecked(False)
        for action in (self.original, self.save):
            action.setVisible(is_translated)

    @Slot()
    def _on_save_triggered(self) -> None:
        self.save_clicked.emit()
