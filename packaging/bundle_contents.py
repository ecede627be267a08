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
    "plugins/xcbglintegrations",
    # Images are opened by Pillow in a process without Qt, also those of the clipboard. Qt sees our own PNG and SVG.
    "imageformats/libqicns", "imageformats/libqtga", "imageformats/libqwbmp",
    "imageformats/libqtiff.so", "imageformats/libqwebp.so", "imageformats/libqgif.so",
    # OpenVINO's graphs are built by our own code, for processors and Intel graphics cards.
    "openvino_intel_npu", "libopenvino_tensorflow", "libopenvino_pytorch", "libopenvino_paddle", "libopenvino_jax",
    "openvino_auto_plugin", "openvino_auto_batch", "openvino_hetero",
    # OpenCV reads videos by a library of its own on Windows; ours come through PyAV.
    "opencv_videoio_ffmpeg",
    "PIL/_imagingtk", "PIL/_imagingft",  # Pillow writes no text
    # Tests, and what compilers want; torch does not start without its torch_shm_manager.
    "torch/bin/test_", "torch/bin/upgrader_models", "torch/bin/script_module", "torch/bin/protoc",
    "torch/bin/FileStoreTest", "torch/bin/HashStoreTest", "torch/bin/TCPStoreTest",
    "torch/include/", "torch/share/", "torch/test/",
    "rapidocr/models/.gitkeep", "rapidocr/models/ch_ppocr_mobile_v2.0_cls",  # the direction classifier is off
    "dist-info/RECORD", "resources/screenshots",
    "dist-info/licenses",  # write_licences.py puts all of them into one file
    # Linux: what every desktop has, keeps safe, and the packages ask for. Drivers may want a newer libstdc++.
    "libstdc++.so", "libgcc_s.so", "libglib-2.0.so", "libgthread-2.0.so", "libX11.so", "libX11-xcb.so",
    "libfreetype.so", "libfontconfig.so", "libdbus-1.so", "libssl.so", "libcrypto.so", "libgssapi_krb5.so",
)  # fmt: skip
"""Parts of places in the bundle."""


GPL_PARTS = ("--enable-gpl", "libx264", "libx265")
"""Of how FFmpeg was configured. Its own word for its licence is not asked: PyAV's wheels say LGPL with x264 inside."""

NO_LIBRARY = {
    "_tkinter", "antigravity", "distutils", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "this", "tkinter",
    "turtle", "turtledemo", "venv",
    # Of terminals and of systems, with libraries of their own: readline's is under the GPL.
    "_curses", "_curses_panel", "_dbm", "_gdbm", "curses", "dbm", "nis", "ossaudiodev", "readline", "spwd", "wsgiref",
    "xmlrpc",
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


def gpl_parts(configuration: str) -> list[str]:
    """What an FFmpeg of that `configuration` holds that is under the GPL."""
    return [part for part in GPL_PARTS if part in configuration]


def has_jbig(folder: Path) -> bool:
    """Whether JBIG-KIT, which is under the GPL, is among the libraries of `folder`."""
    return any(b"arith_encode" in library.read_bytes() for library in folder.glob("*jbig*"))


def is_used(entry: Entry) -> bool:
    """Whether none of UNUSED is part of the entry's place."""
    place = entry[0].replace("\\", "/")
    return not any(part in place for part in UNUSED)


def without_orphans(entries: Sequence[Entry], imports_of: Callable[[str], set[str]]) -> list[Entry]:
    """`entries` less the shared libraries that nothing left among them links to, even by others.

    Such were collected for plugins that are left out. `imports_of` gives the names of the libraries that a
    file itself links to. Plugins and what is opened by name stay: they lie in their packages' folders.
    """
    links: dict[str, set[str]] = {}
    for place, source, kind in entries:
        if kind in {"BINARY", "EXTENSION"}:
            links.setdefault(PurePosixPath(place).name, set()).update(imports_of(source))
    wanted = {PurePosixPath(place).name for place, _, _ in entries if not _is_library(place)}
    new = wanted
    while new:
        new = set[str]().union(*(links.get(name, set()) for name in new)) - wanted
        wanted = wanted | new
    return [entry for entry in entries if PurePosixPath(entry[0]).name in wanted]


def _is_library(place: str) -> bool:
    """Whether it is there only because others link to it: it lies on top, or where wheels and Qt keep such."""
    path = PurePosixPath(place.replace("\\", "/"))
    if not path.name.startswith("lib") or ".so" not in path.name or path.name.startswith("libpython"):
        return False
    return len(path.parts) == 1 or path.parts[0].endswith(".libs") or path.parent.parts[-2:] == ("Qt", "lib")
