"""`lorgnette completion SHELL`: the script by which a shell completes options, their values and files."""

import argparse
import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence

from app.commands.completion_scripts import SCRIPTS, Command, Option, Takes

EPILOG = """to have it in every new shell:
  bash   lorgnette completion bash > ~/.local/share/bash-completion/completions/lorgnette
  zsh    lorgnette completion zsh > FOLDER/_lorgnette, FOLDER being one of $fpath
  fish   lorgnette completion fish > ~/.config/fish/completions/lorgnette.fish"""
_METAVARS = {"FOLDER": Takes.FOLDER, "FILE": Takes.FILES, "FILE_OR_FOLDER": Takes.FILES}


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    arguments = argparse.ArgumentParser(
        prog="lorgnette completion",
        description="Print the script by which a shell completes what is typed behind “lorgnette”.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arguments.add_argument("shell", choices=list(SCRIPTS))
    return arguments


def main(given: Sequence[str], window: argparse.ArgumentParser, commands: Mapping[str, str]) -> int:
    """Run the command and return its exit status. `window` opens the window, `commands` are told with what they do."""
    options = parser().parse_args(given)
    told = [Command(name, does, tuple(_options(name))) for name, does in commands.items()]
    sys.stdout.write(SCRIPTS[options.shell](Command("", "", tuple(_read(window))), told))
    return 0


def _options(name: str) -> Iterator[Option]:
    try:
        module = importlib.import_module(f"app.commands.{name}")
    except ImportError:  # What it needs is an extra, or not in this bundle; its name is completed all the same.
        return
    yield from _read(module.parser())


def _read(arguments: argparse.ArgumentParser) -> Iterator[Option]:
    for action in arguments._actions:  # noqa: SLF001 - argparse has no public way to list them
        flags = tuple(action.option_strings)
        choices = tuple(str(choice) for choice in action.choices or ())
        if not flags and not choices:
            continue  # Files, which are what shells complete unless told otherwise.
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        takes = Takes.CHOICE if choices else _METAVARS.get(metavar, Takes.TEXT)
        yield Option(flags, _first_part(arguments, action), Takes.NOTHING if action.nargs == 0 else takes, choices)


def _first_part(arguments: argparse.ArgumentParser, action: argparse.Action) -> str:
    told = (action.help or "") % {**vars(action), "prog": arguments.prog}
    return " ".join(told.partition(";")[0].split())
