"""GPU support for an installed Lorgnette, which does not include torch: torch's wheels with CUDA for NVIDIA GPUs."""

from dataclasses import dataclass

from app.domain.models.model_catalog import ModelFile, ModelListing, is_plain_name, listing_of

GPU_SUPPORT_ID = "lorgnette/graphics-card"
"""The id of their download, beside those of models; no model of a hub has it, as the owner's name is Lorgnette's."""
NVIDIA_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll")
"""Files that show that a driver is installed: on Linux, in WSL, and on Windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A Python package as a file: its URL, its size in bytes, its SHA-256."""

    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSupport:
    """The wheels for this Python and system, the versions of torch and CUDA, and the oldest supported driver."""

    torch: str
    cuda: str
    driver: int
    wheels: tuple[Wheel, ...]

    @property
    def listing(self) -> ModelListing:
        """The wheels as a listing of files to download."""
        files = tuple(ModelFile(name=wheel.name, size=wheel.size, sha256=wheel.sha256) for wheel in self.wheels)
        return listing_of(GPU_SUPPORT_ID, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledGpuSupport:
    """GPU support whose packages are unpacked in `folder`."""

    support: GpuSupport
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSupportState:
    """The state of the GPU support. `driver` is the release of the GPU's driver, 0 if it is unknown.

    `pending` is the received and the total bytes of a download that was begun.
    """

    support: GpuSupport
    driver: int
    installed: InstalledGpuSupport | None = None
    pending: tuple[int, int] | None = None

    @property
    def is_driver_too_old(self) -> bool:
        """True if the driver is too old for the support to use the GPU."""
        return 0 < self.driver < self.support.driver


def is_wheel(name: str) -> bool:
    """Return whether a file of this name is a wheel, and may be written under its own name."""
    return is_plain_name(name) and name.endswith(".whl")
