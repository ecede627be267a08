"""What PyInstaller has found and the bundle can do without; used by lorgnette.spec."""

import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]
"""The place in the bundle, the file that goes there, and PyInstaller's word for its kind."""

UNUSED = (
    # Qt: only QtCore, QtGui, QtWidgets, QtSvg, QtDBus and local sockets of QtNetwork are imported.
    "Qt/translations", "PySide6/translations", "Qt/qml", "PySide6/qml", "Qt6Quick", "Qt6Qml", "Qt6Pdf",
    "Qt6VirtualKeyboard", "QtQuick.framework", "QtQml.framework", "QtPdf.framework", "QtVirtualKeyboard.framework",
    "opengl32sw",
    "platformthemes/libqgtk3", "platforms/libqeglfs", "platforms/libqvnc", "platforms/libqlinuxfb",
    "platforms/libqminimalegl", "platforms/libqvkkhrdisplay", "plugins/egldeviceintegrations", "libQt6EglF",
    "plugins/generic/", "plugins/networkinformation", "plugins/tls", "plugins/qmltooling",
    # Images are opened by Pillow in a process without Qt; Qt sees what the clipboard holds, and our own PNG and SVG.
    "imageformats/libqicns", "imageformats/libqtga", "imageformats/libqwbmp",
    # OpenVINO's graphs are built by our own code, for processors and Intel graphics cards.
    "openvino_intel_npu", "libopenvino_tensorflow", "libopenvino_pytorch", "libopenvino_paddle", "libopenvino_jax",
    "openvino_auto_batch", "openvino_hetero",
    # OpenCV reads films by a library of its own on Windows; ours come through PyAV.
    "opencv_videoio_ffmpeg",
    "PIL/_imagingtk", "rapidocr/models/.gitkeep",
)  # fmt: skip
"""Parts of places in the bundle."""


NO_LIBRARY = {
    "_tkinter", "antigravity", "distutils", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "this", "tkinter",
    "turtle", "turtledemo", "venv",
}  # fmt: skip
"""Parts of the standard library that no library imports."""


def standard_library() -> list[str]:
    """The modules of Python's standard library, those of NO_LIBRARY and their own tests left out."""
    folder = Path(sysconfig.get_path("stdlib"))
    names = [path.relative_to(folder).with_suffix("").parts for path in sorted(folder.rglob("*.py"))]
    names += [(path.name.partition(".")[0],) for path in sorted((folder / "lib-dynload").glob("*.so"))]
    return [
        ".".join(name[:-1] if name[-1] == "__init__" else name)
        for name in names
        if name[0] in sys.stdlib_module_names - NO_LIBRARY and not {"__main__", "test", "tests"} & set(name)
    ]


def is_used(entry: Entry) -> bool:
    """Whether none of UNUSED is part of the entry's place."""
    place = entry[0].replace("\\", "/")
    return not any(part in place for part in UNUSED)


def without_orphans(entries: Sequence[Entry], imports_of: Callable[[str], set[str]]) -> list[Entry]:
    """`entries` less the shared libraries that nothing left among them links to.

    Such were collected for plugins that are left out. `imports_of` gives the names of the libraries that a
    file links to. Plugins and what is opened by name stay: they lie in their packages' folders.
    """
    left = list(entries)
    names = {source: imports_of(source) for _, source, kind in left if kind in {"BINARY", "EXTENSION"}}
    while True:
        wanted = set[str]().union(*(names.get(source, set()) for _, source, _ in left))
        kept = [entry for entry in left if not _is_library(entry[0]) or PurePosixPath(entry[0]).name in wanted]
        if len(kept) == len(left):
            return kept
        left = kept


def _is_library(place: str) -> bool:
    """Whether it is there only because others link to it: it lies on top, or where wheels and Qt keep such."""
    path = PurePosixPath(place.replace("\\", "/"))
    if not path.name.startswith("lib") or ".so" not in path.name or path.name.startswith("libpython"):
        return False
    return len(path.parts) == 1 or path.parts[0].endswith(".libs") or path.parent.name == "lib"
