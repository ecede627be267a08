"""Small wheels, made as pip's are, and the support for graphics cards that consists of them."""

import hashlib
import io
import zipfile

from app.domain.models.gpu_support import GpuSupport, Wheel

TORCH, CUDA = "torch-9.9.9-py3-none-any.whl", "nvidia_cuda-1.0-py3-none-any.whl"
FILES = {
    TORCH: {
        "torch/__init__.py": "__version__ = '9.9.9'\n" * 2000,
        "torch-9.9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: torch\nVersion: 9.9.9\n",
        "torch-9.9.9.data/purelib/torchgen/__init__.py": "",
        "torch-9.9.9.data/scripts/torchrun": "#!python\n",
    },
    CUDA: {"nvidia/cu13/lib/libcuda_things.so.13": "not a library\n" * 3000},
}


def wheel(files: dict[str, str]) -> bytes:
    """A zip of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # Without a date: the same bytes each time.
    return content.getvalue()


def wheels() -> dict[str, bytes]:
    """Their bytes by name."""
    return {name: wheel(files) for name, files in FILES.items()}


def support_of(contents: dict[str, bytes], address: str = "https://example.org") -> GpuSupport:
    """The support that consists of these wheels, each below `address`."""
    made = tuple(
        Wheel(url=f"{address}/{name}", size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    )
    return GpuSupport(torch="9.9.9", cuda="13.0", driver=580, wheels=made)
