"""`lorgnette diagnostics`: what a report of a problem should hold."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.paths import Paths, default_paths
from app.storage.diagnostics import diagnostics
from app.storage.settings_file import SettingsFile


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = argparse.ArgumentParser(
        prog="lorgnette diagnostics",
        description="Print versions, what this machine has, settings that were changed and the end of the log. "
        "It holds no chats, no text, no file names and no keys.",
    )
    made.add_argument("--data", type=Path, metavar="FOLDER", help="of the chats kept there")
    return made


def main(arguments: Sequence[str]) -> int:
    """Print them and return the exit status."""
    options = parser().parse_args(arguments)
    paths = Paths.under(options.data.resolve()) if options.data else default_paths()
    settings, _ = SettingsFile(paths.settings).load()
    sys.stdout.write(diagnostics(paths, settings, {}) + "\n")
    return 0
