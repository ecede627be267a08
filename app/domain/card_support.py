"""What lets an installed Lorgnette, which brings no torch, answer on an NVIDIA card: torch's wheels with CUDA."""

from dataclasses import dataclass

from app.domain.model_catalog import InstalledModel, ModelFile, ModelListing, is_plain_name, listing_of

CARD_SUPPORT_ID = "lorgnette/graphics-card"
"""What their download is called among those of models; no model of a hub is: its owner's name is ours."""
NVIDIA_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")
"""Files of a driver on Linux, in Linux on Windows, and on Windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A Python package as a file: where it is, its bytes, its SHA-256."""

    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSupport:
    """The wheels for this Python and system, torch's and CUDA's versions, and the oldest driver for it."""

    torch: str
    cuda: str
    driver: int
    wheels: tuple[Wheel, ...]

    @property
    def listing(self) -> ModelListing:
        """The wheels as files to download."""
        files = tuple(ModelFile(name=wheel.name, size=wheel.size, sha256=wheel.sha256) for wheel in self.wheels)
        return listing_of(CARD_SUPPORT_ID, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """Whether the support is there. `driver` is the release of the card's driver, 0 where it is unknown."""

    support: CardSupport
    driver: int
    installed: InstalledModel | None = None

    @property
    def is_driver_too_old(self) -> bool:
        """Whether the support would find no card."""
        return 0 < self.driver < self.support.driver


def is_wheel(name: str) -> bool:
    """Whether a file of this name is a wheel, and may be written under its own name."""
    return is_plain_name(name) and name.endswith(".whl")
