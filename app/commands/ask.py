"""`lorgnette ask IMAGE… QUESTION`: one answer about images, on standard output."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial

from app.commands import server_choice
from app.commands.confined import confine_command
from app.commands.loading import open_folder
from app.commands.terminal import (
    STDIN,
    CommandParser,
    exit_status,
    name_given,
    opened,
    print_content,
    print_line,
    print_note,
)
from app.domain.models.answer_stats import FinishReason
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.text.visible_text import as_json
from app.engine.process.messages import Request
from app.paths import DEMO_MODEL

EPILOG = """examples:
  lorgnette ask --model ~/models/Qwen3-VL-2B receipt.jpg "What is the total?"
  lorgnette ask --model ~/models/Qwen3-VL-2B --json before.png after.png "What has changed?"
  lorgnette ask --server gpu-box:8000 receipt.jpg "What is the total?"

exit status: 0 on success, 1 if there is no answer, 2 for wrong arguments, 130 after Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette ask",
        description="Ask a vision model about images, offline or on your own server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        type=name_given,
        help=f"images and short videos; {STDIN} for standard input",
    )
    parser.add_argument("question", type=_question, metavar="QUESTION")
    server_choice.add_arguments(parser, DEMO_MODEL)
    parser.add_argument("--greedy", action="store_true", help="always pick the most likely token")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object with the answer, model and statistics"
    )
    return parser


def _question(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the question is empty")
    return text


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _ask(options))


def _ask(options: argparse.Namespace) -> bool:
    opening = _opening(options)

    from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO, which starts threads

    model = ModelAnswers(opening)
    generation = GenerationOptions(sampling=GREEDY if options.greedy else None)
    pieces: list[str] = []

    def on_event(text: str) -> None:
        pieces.append(text)
        if not options.json:
            print_content(text)

    with ExitStack() as stack:
        images = [stack.enter_context(opened(name)) for name in options.images]
        stats = model.ask(options.question, images, generation, on_event)
    if options.json:
        answer = {
            "answer": "".join(pieces),
            "model": model.name,
            "finish_reason": model.reason.value,
            "stats": asdict(stats),
        }
        print_line(as_json(answer))
    elif not pieces or not pieces[-1].endswith("\n"):
        print_line()
    if model.reason is FinishReason.LENGTH:
        print_note("The answer stopped at the length limit.")
    return True


def _opening(options: argparse.Namespace) -> Callable[[], Request]:
    """Return the function that opens the model once this process is confined; announce the server if one answers."""
    if not options.server:
        confine_command(files=options.images, model=options.model)
        return partial(open_folder, str(options.model))
    server = server_choice.ServerChoice(options.server, options.server_model)
    confine_command(files=options.images, connects=True)
    model = server.model()
    server.announce(model)
    return partial(server.request, model)
