"""The catalogue of offered models, from resources/models.toml."""

import tomllib
from pathlib import Path

import msgspec

from app.domain.models.model_catalog import KnownModel, ModelShape
from app.paths import RESOURCES

CATALOGUE = RESOURCES / "models.toml"


def known_models(path: Path = CATALOGUE) -> tuple[KnownModel, ...]:
    """Return the models in the order in which they are offered."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        KnownModel(
            model_id=item["id"],
            title=item["title"],
            licence=item["licence"],
            about=item["about"],
            shape=msgspec.convert({**raw["shapes"][item["shape"]], "bits": item["bits"]}, ModelShape),
        )
        for item in raw["models"]
    )
