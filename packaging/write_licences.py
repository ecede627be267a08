"""Write the licences of all that a bundle brings along into its resources: `write_licences.py BUNDLE`.

Its packages are those that this Python finds; the texts that they name and do not bring along lie in `licences/`.
Libraries of the system come with the copyright file of their Debian package. A package of which no licence is known
stops it.
"""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

TEXTS = Path(__file__).parent / "licences"
NOT_INSIDE = {
    "altgraph", "hatchling", "lorgnette", "macholib", "pathspec", "pefile", "pip", "pluggy", "pyinstaller",
    "pyinstaller-hooks-contrib", "setuptools", "tomlkit", "trove-classifiers", "wheel",
}  # fmt: skip
"""What builds the bundle, and the application itself."""
TEXT_FILE = re.compile(r"licen[cs]e|copying|notice|third.?part", re.IGNORECASE)
NO_TEXT = {".h", ".json", ".py", ".pyc", ".pyi", ".pyd", ".so"}
WITHOUT_TEXT = {
    "flatbuffers": "Apache-2.0",
    "latex2mathml": "MIT",
    "pyside6-essentials": "LGPL-3",
    "shiboken6": "LGPL-3",
    "tokenizers": "Apache-2.0",
}
"""Packages that bring no text along, and the one of `licences/` that they name."""
INSIDE_PACKAGES = """\
Qt: LGPL-3, https://download.qt.io/official_releases/qt; shared libraries in PySide6/Qt
FFmpeg: LGPL-2.1 or later, https://ffmpeg.org/releases; shared libraries beside av, built by packaging/small_av.sh
dav1d: BSD-2-Clause, https://code.videolan.org/videolan/dav1d; beside FFmpeg
libheif, libde265: LGPL-3, https://github.com/strukturag; shared libraries beside pi_heif
PP-OCRv6 models: Apache-2.0, https://github.com/PaddlePaddle/PaddleOCR; in rapidocr/models
Tesseract: Apache-2.0, https://github.com/tesseract-ocr/tesseract; a shared library beside tesserocr
Leptonica: BSD-2-Clause, http://www.leptonica.org; beside Tesseract
libtiff, libpng, libjpeg-turbo, libwebp: their own permissive licences; beside Leptonica
Language packs: Apache-2.0, https://github.com/tesseract-ocr/tessdata_fast; in resources/tessdata
Layout model (PP-PicoDet, CDLA): Apache-2.0, https://github.com/PaddlePaddle/PaddleOCR; in resources/layout_model
Icons (Lucide): ISC, some MIT, https://github.com/lucide-icons/lucide; in resources/icons/lucide"""
"""Works under licences that ask for their source to be named; who likes may put other builds of the libraries there."""


def packages(distributions: Iterator[importlib.metadata.Distribution]) -> Iterator[tuple[str, str]]:
    """Name with version, and texts, of each. Raises ValueError for those of which no licence is known."""
    named = {_plain(distribution.name): distribution for distribution in distributions}
    for name, distribution in sorted(named.items()):
        if name in NOT_INSIDE:
            continue
        texts = [
            Path(str(distribution.locate_file(file))).read_text(encoding="utf-8", errors="replace")
            for file in distribution.files or ()
            if TEXT_FILE.search(str(file)) and file.suffix not in NO_TEXT
        ]
        if not texts and name not in WITHOUT_TEXT:
            raise ValueError(f"What is the licence of {name}? Add it to WITHOUT_TEXT in packaging/write_licences.py.")
        yield (
            f"{distribution.name} {distribution.version}",
            "\n\n".join(dict.fromkeys(texts)) or f"{WITHOUT_TEXT[name]}; its text stands at the end.",
        )


def system_packages(bundle: Path) -> set[str]:
    """The Debian packages that the libraries on top of the bundle come from."""
    found = set()
    for library in bundle.glob("_internal/*.so*") if shutil.which("dpkg-query") else ():
        told = subprocess.run(["dpkg-query", "-S", f"*/{library.name}"], capture_output=True, text=True, check=False)
        found.add(told.stdout.partition(":")[0])
    return found - {""}


def system_libraries(bundle: Path) -> Iterator[tuple[str, str]]:
    """Those packages, and their copyright files."""
    for name in sorted(system_packages(bundle)):
        copyright_file = Path("/usr/share/doc") / name / "copyright"
        if copyright_file.exists():
            yield f"Debian's {name}", copyright_file.read_text(encoding="utf-8", errors="replace")


def python_licence() -> str:
    """The text that this Python was installed with. Raises FileNotFoundError."""
    places = (
        Path(sysconfig.get_path("stdlib")) / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
        Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright"),
    )
    for place in places:
        if place.exists():
            return place.read_text(encoding="utf-8")
    raise FileNotFoundError(f"Python's licence is in none of {', '.join(map(str, places))}.")


def bundle_resources(bundle: Path) -> Path:
    """Where a bundle has Lorgnette's resources."""
    # On macOS a folder of the bundle links to another.
    (models,) = {path.resolve() for path in bundle.glob("**/resources/models.toml")}
    return models.parent


def main(bundle: Path) -> None:
    """Write them to where the application shows them from."""
    parts = [
        ("Lorgnette", "Apache-2.0; its text stands at the end."),
        ("Lorgnette brings along", INSIDE_PACKAGES),
        (f"Python {sys.version.partition(' ')[0]}", python_licence()),
        *packages(iter(importlib.metadata.distributions())),
        *system_libraries(bundle),
        *((text.stem, text.read_text(encoding="utf-8")) for text in sorted(TEXTS.glob("*.txt"))),
    ]
    written = "\n".join(f"{'=' * 80}\n{title}\n{'=' * 80}\n\n{text.strip()}\n" for title, text in parts)
    (bundle_resources(bundle) / "licences.txt").write_text(written, encoding="utf-8")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
