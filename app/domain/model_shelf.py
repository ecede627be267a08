"""The models folder at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.card_support import CARD_SUPPORT_ID, CardState
from app.domain.model_catalog import InstalledModel
from app.domain.model_fit import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfState:
    """Models that lie whole; by id, the bytes that have come and all of those on their way; the machine now.

    `folder` is the models folder, `card` the support for graphics cards where it is of use.
    """

    folder: str
    installed: tuple[InstalledModel, ...] = ()
    pending: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    machine: Machine
    card: CardState | None = None

    def model(self, model_id: str) -> InstalledModel | None:
        """The model of this name that lies whole, or the support for graphics cards."""
        if model_id == CARD_SUPPORT_ID:
            return self.card.installed if self.card else None
        return next((model for model in self.installed if model.listing.model_id == model_id), None)
