"""`lorgnette ask IMAGE… QUESTION`: one answer about images, on standard output."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial

from app.commands import server_choice
from app.commands.loading import open_folder
from app.commands.terminal import STDIN, exit_status, opened
from app.domain.generation import GREEDY, GenerationOptions
from app.engine.process.messages import Request
from app.paths import DEMO_MODEL

EPILOG = """examples:
  lorgnette ask --model ~/models/Qwen3-VL-2B receipt.jpg "What is the total?"
  lorgnette ask --model ~/models/Qwen3-VL-2B --json before.png after.png "What has changed?"
  lorgnette ask --server gpu-box:8000 receipt.jpg "What is the total?"

exit status: 0, 1 where there is no answer, 2 for wrong arguments, 130 for Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="lorgnette ask",
        description="Ask a model about images: offline, or a server of your own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help=f"images and short films; {STDIN} for standard input"
    )
    parser.add_argument("question", metavar="QUESTION")
    server_choice.add_arguments(parser, DEMO_MODEL)
    parser.add_argument("--greedy", action="store_true", help="always take the likeliest word")
    parser.add_argument("--json", action="store_true", help="one object with the answer, the model and its figures")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _ask(options))


def _ask(options: argparse.Namespace) -> bool:
    from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO

    model = ModelAnswers(_opening(options))
    generation = GenerationOptions(sampling=GREEDY if options.greedy else None)
    pieces: list[str] = []

    def say(text: str) -> None:
        pieces.append(text)
        if not options.json:
            sys.stdout.write(text)
            sys.stdout.flush()

    with ExitStack() as stack:
        images = [stack.enter_context(opened(name)) for name in options.images]
        stats = model.ask(options.question, images, generation, say)
    if options.json:
        answer = {"answer": "".join(pieces), "model": model.name, "stats": asdict(stats)}
        print(json.dumps(answer, ensure_ascii=False))
    elif not pieces or not pieces[-1].endswith("\n"):
        print()
    return True


def _opening(options: argparse.Namespace) -> Callable[[int], Request]:
    """How the model is opened. Where a server answers, it is said where images go."""
    if not options.server:
        return partial(open_folder, str(options.model))
    server = server_choice.ServerChoice(options.server, options.server_model)
    model = server.model()
    server.announce(model)
    return partial(server.request, model)
