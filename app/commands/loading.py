"""Options to open a model with in commands: they share the window's weight cache and GPU packages."""

from app.domain.settings.load_options import LoadOptions
from app.engine.process.messages import OpenModel, Request
from app.paths import default_paths
from app.storage.models.gpu_support import gpu_packages


def load_options(*, exact_activations: bool = True) -> LoadOptions:
    """Return load options with the current user's cache and GPU packages."""
    paths = default_paths()
    return LoadOptions(
        exact_activations=exact_activations,
        cache_folder=str(paths.converted_weights),
        gpu_packages_folder=gpu_packages(paths.gpu_support),
    )


def open_folder(folder: str) -> Request:
    """Return the request that opens the model in a folder."""
    return OpenModel(folder, load_options())
