"""`lorgnette completion SHELL`: prints the script by which a shell completes options, their values and files."""

import argparse
import importlib
from collections.abc import Iterator, Mapping, Sequence

from app.commands.completion_scripts import SCRIPTS, Command, Option, Takes
from app.commands.terminal import CommandParser, one_of, print_content

EPILOG = """to have it in every new shell:
  bash   lorgnette completion bash > ~/.local/share/bash-completion/completions/lorgnette
  zsh    lorgnette completion zsh > FOLDER/_lorgnette, FOLDER being one of $fpath
  fish   lorgnette completion fish > ~/.config/fish/completions/lorgnette.fish"""
_METAVARS = {"FOLDER": Takes.FOLDER, "FILE": Takes.FILES, "FILE_OR_FOLDER": Takes.FILES}


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    arguments = CommandParser(
        prog="lorgnette completion",
        description="Print a completion script for “lorgnette”.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arguments.add_argument("shell", type=one_of(SCRIPTS), choices=list(SCRIPTS))
    return arguments


def main(args: Sequence[str], window: argparse.ArgumentParser, commands: Mapping[str, str]) -> int:
    """Run the command and return its exit status.

    `window` is the parser of the command that opens the window; `commands` maps the others' names to descriptions.
    """
    options = parser().parse_args(args)
    described = [Command(name, does, tuple(_options(name))) for name, does in commands.items()]
    print_content(SCRIPTS[options.shell](Command("", "", tuple(_read(window))), described))
    return 0


def _options(name: str) -> Iterator[Option]:
    try:
        module = importlib.import_module(f"app.commands.{name}")
    except ImportError:  # It needs an extra, or is not in this bundle; its name is completed anyway.
        return
    yield from _read(module.parser())


def _read(arguments: argparse.ArgumentParser) -> Iterator[Option]:
    for action in arguments._actions:  # noqa: SLF001 - argparse has no public way to list them
        flags = tuple(action.option_strings)
        choices = tuple(str(choice) for choice in action.choices or ())
        if action.help == argparse.SUPPRESS or not (flags or choices):
            continue  # Former names of options, and files, which shells complete by default.
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        takes = Takes.CHOICE if choices else _METAVARS.get(metavar, Takes.TEXT)
        yield Option(flags, _first_clause(arguments, action), Takes.NOTHING if action.nargs == 0 else takes, choices)


def _first_clause(arguments: argparse.ArgumentParser, action: argparse.Action) -> str:
    described = (action.help or "") % {**vars(action), "prog": arguments.prog}
    return " ".join(described.partition(";")[0].split())
