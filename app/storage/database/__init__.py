"""The SQLite database: migrations, recovery, backups."""
