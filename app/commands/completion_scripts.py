"""Completion scripts for bash (3.2 or newer), zsh and fish.

Sources: the manuals' "Programmable Completion" (bash), zshcompsys(1) (`_arguments`, `_describe`), `complete` (fish).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote


class Takes(StrEnum):
    """The kind of value that an option takes."""

    NOTHING = "nothing"
    CHOICE = "choice"
    FILES = "files"
    FOLDER = "folder"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """An option with its `flags`; without flags it is the command's positional argument, one of `choices`."""

    flags: tuple[str, ...]
    help: str
    takes: Takes
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command; an empty name stands for the one that opens the window."""

    name: str
    help: str
    options: tuple[Option, ...]


_BASH = """\
# Completion of lorgnette for bash.
_lorgnette() {{
    local IFS=$'\\n' word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -gt 1 ]; then
        case ${{COMP_WORDS[1]}} in {names}) command=${{COMP_WORDS[1]}};; esac
    fi
    case "$command $before" in
{values}
    esac
    case $word in
    -*)
        case $command in
{flags}
        esac;;
    *)
        case $command in
{own}
        esac;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    if [ "$COMP_CWORD" -eq 1 ]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY+=($(compgen -f -- "$word"))
    fi
}}
complete -o default -F _lorgnette lorgnette
"""
_ZSH = """\
#compdef lorgnette
# Completion of lorgnette for zsh.
_lorgnette() {{
    local -a commands
    commands=({names})
    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
        _describe -t commands command commands
    fi
    case $words[2] in
{commands}
    esac
}}
if [[ $funcstack[1] == _lorgnette ]]; then
    _lorgnette "$@"
else
    compdef _lorgnette lorgnette
fi
"""


def bash(window: Command, commands: Sequence[Command]) -> str:
    """Return the script for bash."""
    every = [window, *commands]
    values = [line for command in every for option in command.options for line in _bash_values(command, option)]
    flags = [f"            {_pattern(command)}) words={_bash_words(_flags(command))};;" for command in every]
    own = [
        f"            {_pattern(command)}) words={_bash_words(_own(command))};;"
        for command in commands
        if _own(command)
    ]
    own.append(f"            '') [ \"$COMP_CWORD\" -gt 1 ] || words={_bash_words(_names(commands))};;")
    return _BASH.format(
        names="|".join(_names(commands)), values="\n".join(values), flags="\n".join(flags), own="\n".join(own)
    )


def zsh(window: Command, commands: Sequence[Command]) -> str:
    """Return the script for zsh, to be sourced, or placed in a folder of $fpath as _lorgnette."""
    described = [quote(f"{command.name}:{command.help}") for command in commands]
    cases = [f"    {command.name}) shift words; (( CURRENT-- )); {_zsh_arguments(command)};;" for command in commands]
    return _ZSH.format(names=" ".join(described), commands="\n".join([*cases, f"    *) {_zsh_arguments(window)};;"]))


def fish(window: Command, commands: Sequence[Command]) -> str:
    """Return the script for fish."""
    no_command = f"not __fish_seen_subcommand_from {' '.join(_names(commands))}"
    lines = ["# Completion of lorgnette for fish."]
    lines += [
        f"complete -c lorgnette -n __fish_use_subcommand -a {command.name} -d {_fish_quote(command.help)}"
        for command in commands
    ]
    for command in [window, *commands]:
        condition = f"__fish_seen_subcommand_from {command.name}" if command.name else no_command
        lines += [
            f"complete -c lorgnette -n {_fish_quote(condition)}{_fish_option(option)}" for option in command.options
        ]
    return "\n".join(lines) + "\n"


SCRIPTS: dict[str, Callable[[Command, Sequence[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""Functions that return the script, by the shell's name."""


def _names(commands: Sequence[Command]) -> list[str]:
    return [command.name for command in commands]


def _flags(command: Command) -> list[str]:
    return [flag for option in command.options for flag in option.flags]


def _own(command: Command) -> list[str]:
    return [choice for option in command.options if not option.flags for choice in option.choices]


def _pattern(command: Command) -> str:
    return command.name or "''"


def _bash_words(words: Iterable[str]) -> str:
    return "$" + quote("\\n".join(words))


def _bash_values(command: Command, option: Option) -> list[str]:
    if not option.flags or option.takes is Takes.NOTHING:
        return []
    pattern = "|".join(quote(f"{command.name} {flag}") for flag in option.flags)
    match option.takes:
        case Takes.CHOICE:
            does = f'COMPREPLY=($(compgen -W {_bash_words(option.choices)} -- "$word")); return'
        case Takes.FOLDER:
            does = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")); return'
        case _:
            does = "return"
    return [f"    {pattern}) {does};;"]


def _zsh_arguments(command: Command) -> str:
    specs = []
    for option in command.options:
        described = re.sub(r"([\\\[\]:])", r"\\\1", option.help)
        action = {
            Takes.NOTHING: "",
            Takes.CHOICE: f":value:({' '.join(option.choices)})",
            Takes.FILES: ":file:_files",
            Takes.FOLDER: ":folder:_files -/",
            Takes.TEXT: ":value: ",
        }[option.takes]
        specs += [quote(f"{flag}[{described}]{action}") for flag in option.flags] or [quote(f"1{action}")]
    if all(option.flags for option in command.options):
        specs.append("'*:file:_files'")
    return f"_arguments {' '.join(specs)}"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_option(option: Option) -> str:
    flags = "".join(f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}" for flag in option.flags)
    values = {
        Takes.NOTHING: "",
        Takes.CHOICE: f" -x -a {_fish_quote(' '.join(option.choices))}" if flags else "",
        Takes.FILES: " -r -F",
        Takes.FOLDER: " -x -a '(__fish_complete_directories)'",
        Takes.TEXT: " -x",
    }[option.takes]
    if not flags:
        return f" -f -a {_fish_quote(' '.join(option.choices))}"
    return f"{flags}{values} -d {_fish_quote(option.help)}"
