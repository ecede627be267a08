"""How commands open a model: with the weights and the packages that the window keeps, too."""

from app.domain.generation import LoadOptions
from app.engine.process.messages import OpenModel, Request
from app.paths import default_paths
from app.storage.card_support import card_packages


def load_options(*, exact_activations: bool = False) -> LoadOptions:
    """What opens a model, with the current user's own folders."""
    paths = default_paths()
    return LoadOptions(
        exact_activations=exact_activations,
        cache_folder=str(paths.converted_weights),
        card_folder=card_packages(paths.card_support),
    )


def open_folder(folder: str, request_id: int) -> Request:
    """The request that opens the model in a folder."""
    return OpenModel(request_id, folder, load_options())
