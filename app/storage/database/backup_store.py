"""The backups of an open database."""

from app.domain.backups import Backup
from app.storage.database.backups import back_up, backups_of, copy_backup, delete_backup
from app.storage.database.shared_database import SharedDatabase


class SqliteBackupStore:
    """Implements domain.ports.BackupStore."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database

    def available(self) -> tuple[Backup, ...]:
        """Return the backups that the chats can be restored from, the newest first."""
        return tuple(backups_of(self._database.path))

    def restore(self, backup: Backup) -> None:
        """Replace the database with a copy of a backup; the present one is kept under another name."""
        self._database.check_folder()
        self._database.replace(copy_backup(backup.path, self._database.path))

    def delete(self, backup: Backup) -> None:
        """Delete a backup from the disk."""
        self._database.check_folder()
        delete_backup(backup.path, self._database.path)

    def make_todays(self) -> None:
        """Make today's backup if it is needed; may raise StorageError, OSError, sqlite3.Error."""
        back_up(self._database.connection, self._database.path)
