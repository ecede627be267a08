"""The row that says how much the disk cache takes, and deletes it."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.settings.settings import Settings
from app.ui.settings.setting_row import SettingRow
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import mark, tr

_NAME, _CLEAR = mark("Space in use"), mark("Empty the cache")
_ENCRYPTED = mark("{used:.1f} GB, encrypted with a key in the system's keyring. The chats themselves stay.")
_READABLE = mark("{used:.1f} GB, not encrypted, since no open keyring was found. The chats themselves stay.")


class DiskCacheRow(SettingRow):
    """Says how much is kept of images and chats. `clear_wanted` is emitted by its button."""

    clear_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(tr(_NAME), " ", parent)
        self.clear = button(tr(_CLEAR), Role.SOFT, parent=self)
        self.clear.setEnabled(False)
        self.clear.clicked.connect(self._on_clicked)
        self.lay_out(self.clear)
        self.clear.setAccessibleName(tr(_CLEAR))
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # The button is in line with the editors.
        self.reset.setSizePolicy(policy)
        self.reset.hide()

    def show_used(self, used: float, *, is_encrypted: bool) -> None:
        """Show the used space in gigabytes."""
        self.hint.setText(tr(_ENCRYPTED if is_encrypted else _READABLE, used=used) if used else tr("Nothing is kept."))
        self._enable(self.clear, is_enabled=used > 0)

    def show_settings(self, settings: Settings) -> None:
        """Nothing of it is a setting."""

    def default_change(self, settings: Settings) -> Settings:
        """Return the same settings."""
        return settings

    @Slot()
    def _on_clicked(self) -> None:
        self.clear_wanted.emit()
