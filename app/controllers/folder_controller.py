"""File dialogs begin in the folder that was used last, also after a restart."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths

from app.services.settings.preferences import Preferences
from app.ui.widgets.file_dialogs import Purpose, set_folders


class FolderController:
    """Holds the folders of file dialogs in the preferences: one for what is opened, one for what is saved."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        set_folders(self)

    def begin(self, purpose: Purpose) -> Path:
        """Return the folder that was used last; the user's documents, or home, if there was none or it is gone."""
        settings = self._preferences.settings
        saved = settings.save_folder if purpose is Purpose.SAVE else settings.open_folder
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        found = (Path(folder) for folder in (saved, documents) if folder and Path(folder).is_dir())
        return next(found, Path.home())

    def remember(self, purpose: Purpose, folder: Path) -> None:
        """Save the folder that was used."""
        match purpose:
            case Purpose.SAVE:
                self._preferences.change(save_folder=str(folder))
            case Purpose.OPEN:
                self._preferences.change(open_folder=str(folder))
