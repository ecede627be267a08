"""Sandboxes commands: after their arguments are parsed, before a file is decoded or a thread is started."""

from collections.abc import Iterable
from pathlib import Path

from app.commands.loading import load_options
from app.commands.terminal import STDIN
from app.engine.checkpoints.model_folder import enclosing_folder
from app.engine.process.allowances import Allowance, of_command, of_quantizing
from app.engine.process.confinement import confine
from app.engine.process.native_output import discard_native_output
from app.paths import default_paths


def confine_command(
    *,
    files: Iterable[str] = (),
    outputs: Iterable[Path] = (),
    model: Path | None = None,
    connects: bool = False,
) -> None:
    """Restrict this process, irrevocably, to these files, output folders and the model's folder.

    Output folders must exist: the system can allow only existing paths. If there are files to decode, what their
    decoders write to standard error is discarded.
    """
    files = tuple(files)
    apply_sandbox(
        of_command(
            files=(file for file in files if file != STDIN),
            outputs=outputs,
            models=(enclosing_folder(model), default_paths().gpu_support) if model else (),
            kept=(load_options().cache_folder,) if model else (),
            connects=connects,
        ),
        decodes=bool(files),
    )


def confine_quantizing(out: Path) -> None:
    """Restrict this process to what creating the model folder `out` needs."""
    apply_sandbox(of_quantizing(out), decodes=False)


def apply_sandbox(allowance: Allowance, *, decodes: bool) -> None:
    """Apply the sandbox; separate, so that tests that call a command in their own process can replace it."""
    if decodes:
        discard_native_output()
    confine(allowance)
