"""What is done on the files thread after the first paint: remove leftovers, restrict access, look for models."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.domain.models.found_model import FoundModel
from app.domain.ports import IGNORE
from app.paths import Paths
from app.services.engines.background import BackgroundThread, log_failure
from app.storage.files.leftovers import remove_leftovers
from app.storage.files.restrict_permissions import restrict_permissions
from app.storage.images.open_imports_file import OpenImportsFile
from app.storage.models.found_models import found_models
from app.ui.markdown.code_colours import load_common_languages


def submit_startup_jobs(
    files_thread: BackgroundThread,
    paths: Paths,
    open_imports: OpenImportsFile,
    show_models: Callable[[tuple[FoundModel, ...]], None],
) -> None:
    """Submit them all; `show_models` is called with the models that other programs have downloaded."""
    leftovers = partial(_remove_leftovers, paths, time.time(), open_imports)
    for job in (leftovers, partial(restrict_permissions, paths), load_common_languages):
        files_thread.submit(job, IGNORE, log_failure)
    files_thread.submit(found_models, show_models, log_failure)


def _remove_leftovers(paths: Paths, before: float, open_imports: OpenImportsFile) -> None:
    remove_leftovers(paths, before, {Path(item.path) for item in open_imports.load()})
