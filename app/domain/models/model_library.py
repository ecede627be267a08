"""The state of the models folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.models.gpu_support import GpuSupportState
from app.domain.models.model_catalog import InstalledModel
from app.domain.models.model_fit import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLibraryState:
    """Installed models; received and total bytes of `pending` ones by id; the machine's current state.

    `folder` is the models folder, `gpu` the GPU support if it is applicable.
    """

    folder: str
    installed: tuple[InstalledModel, ...] = ()
    pending: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    machine: Machine
    gpu: GpuSupportState | None = None

    def model(self, model_id: str) -> InstalledModel | None:
        """Return the installed model with this id; None if it is not installed."""
        return next((model for model in self.installed if model.listing.model_id == model_id), None)
