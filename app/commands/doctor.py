"""`lorgnette doctor MODEL`: what a model folder or GGUF file is, whether it opens and fits, and whether it computes."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.commands.confined import confine_command
from app.commands.loading import load_options
from app.commands.terminal import CommandParser, exit_status, path_given, print_line
from app.domain.error_texts import command_line_sentence
from app.domain.errors import UserError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there
from app.domain.models.model_fit import ComputeDevice, Machine, Verdict, fits, memory_need
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.text.visible_text import as_json
from app.paths import RESOURCES, default_paths
from app.storage.models.machine import this_machine

if TYPE_CHECKING:
    from app.engine.doctor import Description

IMAGE = RESOURCES / "samples" / "note.png"
LABEL_WIDTH = 10
EPILOG = """exit status: 0 if the model opens and its numbers are finite, 1 if not, 2 for wrong arguments"""
_FITS = {
    Verdict.FITS: "fits",
    Verdict.TIGHT: "fits if other programs are closed",
    Verdict.DOES_NOT_FIT: "does not fit",
}


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette doctor",
        description="Examine a model: what it is, whether it opens, why not, the memory it needs, and whether the "
        "numbers of one forward pass are finite. Nothing is changed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=path_given, metavar="MODEL", help="model folder or GGUF file")
    parser.add_argument("--no-pass", action="store_true", help="leave out the forward pass, which loads the model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    return exit_status(lambda: _examine(options))


def _examine(options: argparse.Namespace) -> bool:
    machine = this_machine(default_paths().data)
    confine_command(files=(str(IMAGE),), model=options.model)

    from app.engine.doctor import describe  # noqa: PLC0415 - loads NumPy, which starts threads

    try:
        found = describe(options.model)
    except UserError as error:
        sentence = command_line_sentence(error.problem)
        _print({"model": options.model.name, "opens": False, "problem": sentence}, _refusal(options, sentence), options)
        return False
    memory = _memory(found, machine)
    fits_here = memory[0]["verdict"] is not Verdict.DOES_NOT_FIT
    outcome = _forward_pass(options, fits_here=fits_here)
    facts = {name: value for name, value in asdict(found).items() if name != "shape"}
    report = {"model": found.name, "opens": True, **facts, "memory": memory, "forward_pass": outcome}
    _print(report, _lines(found, memory, machine, outcome), options)
    return "problem" not in outcome


def _memory(found: "Description", machine: Machine) -> list[dict[str, Any]]:
    """Return the memory that the model needs on the CPU, with the verdict for this machine, and on a GPU."""
    loading, asking = LoadOptions(), GenerationOptions()
    context = min(loading.cache_tokens, found.context_length)
    tokens, pixels = loading.remembered_visual_tokens, asking.pixel_budget
    here = memory_need(found.shape, machine.processor, context, tokens, pixels)
    gpu = memory_need(found.shape, ComputeDevice.GPU, context, tokens, pixels)
    verdict = fits(here, machine).verdict
    return [{"device": "CPU", "bytes": here.total, "verdict": verdict}, {"device": "GPU", "bytes": gpu.total}]


def _forward_pass(options: argparse.Namespace, *, fits_here: bool) -> Mapping[str, Any]:
    """Return where a pass ran, or the reason why there was none, or the problem that it met."""
    if options.no_pass:
        return {"skipped": "not asked for"}
    if not fits_here:
        return {"skipped": "the model needs more memory than this machine has"}

    from app.engine.doctor import try_forward_pass  # noqa: PLC0415 - loads NumPy, which starts threads

    try:
        return {"is_finite": True, **asdict(try_forward_pass(options.model, IMAGE, load_options()))}
    except UserError as error:
        return {"problem": command_line_sentence(error.problem)}


def _refusal(options: argparse.Namespace, sentence: str) -> list[tuple[str, str]]:
    return [("Model", options.model.name), ("Opens", f"no. {sentence}")]


def _lines(
    found: "Description", memory: Sequence[Mapping[str, Any]], machine: Machine, outcome: Mapping[str, Any]
) -> list[tuple[str, str]]:
    here, gpu = memory
    kind = "thinks before it answers" if found.thinks else "answers at once"
    zeros = "" if found.bits == 16 else ", symmetric" if found.is_symmetric else ", asymmetric"
    packing = f", packed as {found.packing}" if found.packing else ""
    head = "tied to the embeddings" if found.has_tied_head else "of its own"
    needed, on_gpu = gigabytes_needed(here["bytes"]), gigabytes_needed(gpu["bytes"])
    free = gigabytes_there(machine.free_memory)
    return [
        ("Model", found.name),
        ("Kind", f"Qwen3-VL, dense, {found.parameters / 1e6:,.0f} million parameters, {kind}"),
        ("Weights", f"{found.scheme}{packing}{zeros}; output head {head}"),
        ("Files", f"{gigabytes_needed(found.file_bytes)} GB"),
        ("Context", f"{found.context_length} tokens"),
        ("Memory", f"CPU {needed} GB: {_FITS[here['verdict']]} ({free} GB free); GPU {on_gpu} GB"),
        ("Opens", "yes"),
        ("Computes", _outcome(outcome)),
    ]


def _outcome(outcome: Mapping[str, Any]) -> str:
    if "problem" in outcome:
        return f"no. {outcome['problem']}"
    if "skipped" in outcome:
        return f"not tried: {outcome['skipped']}"
    return f"yes, on {outcome['device']} in {outcome['seconds']:.1f} s: all numbers are finite"


def _print(report: Mapping[str, Any], lines: Sequence[tuple[str, str]], options: argparse.Namespace) -> None:
    if options.json:
        print_line(as_json(report))
        return
    for label, text in lines:
        print_line(f"{label:<{LABEL_WIDTH}}{text}")
