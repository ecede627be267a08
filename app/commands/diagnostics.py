"""`lorgnette diagnostics`: prints the details that a bug report should include."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.commands.terminal import CommandParser, exit_status, path_given, print_line
from app.engine.process.confinement_report import confinement_report
from app.engine.runtimes.registry import runtimes_report
from app.paths import Paths, default_paths
from app.storage.models.gpu_support import gpu_packages
from app.storage.settings.diagnostics import diagnostics
from app.storage.settings.settings_file import SettingsFile


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    made = CommandParser(
        prog="lorgnette diagnostics",
        description="Print versions, hardware, changed settings and the end of the log. It contains no "
        "chats, text, file names or keys.",
    )
    made.add_argument("--data", type=path_given, metavar="FOLDER", help="use this data folder")
    return made


def main(arguments: Sequence[str]) -> int:
    """Print the diagnostics and return the exit status."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _show(options))


def _show(options: argparse.Namespace) -> bool:
    paths = Paths.under(Path(os.path.realpath(options.data))) if options.data else default_paths()
    settings, _ = SettingsFile(paths.settings).load()
    loading = replace(settings.loading, gpu_packages_folder=gpu_packages(paths.gpu_support))
    print_line(diagnostics(paths, settings, {"Runtimes": runtimes_report(loading), **confinement_report()}))
    return True
