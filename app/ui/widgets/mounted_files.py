"""Files on phones and network shares, which GNOME's virtual file system (gvfs) shows in a folder.

File managers give them by addresses such as smb://server/share/a.png. As long as the share is mounted, gvfs shows it in
a folder of the runtime directory, named by the mount's type and parameters: `smb-share:server=server,share=share`.
Format: common/gmountspec.c and the URI mappers of gvfs.
"""

import contextlib
import os
from pathlib import Path
from urllib.parse import unquote

from PySide6.QtCore import QUrl

_TYPES = {"smb": "smb-share", "davs": "dav"}
"""Types of mounts that are not called like the scheme of their addresses."""


def mounted_path(url: QUrl) -> Path | None:
    """Return the path of the file at an address that is no path, None where no mount of this user shows it."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / "gvfs"
    with contextlib.suppress(OSError):
        for mount in sorted(folder.iterdir()) if folder.is_absolute() and url.host() else ():
            inside = _path_inside(mount.name, url)
            if inside is not None:
                return mount.joinpath(*inside.split("/"))
    return None


def _path_inside(mount: str, url: QUrl) -> str | None:
    """Return the path within the mount of that name, without a leading slash; None if the file is in another one."""
    kind, _, rest = mount.partition(":")
    parameters = {key: unquote(value) for key, _, value in (part.partition("=") for part in rest.split(","))}
    host = parameters.get("host") or parameters.get("server", "")
    user, port = url.userName().rpartition(";")[2], str(url.port()) if url.port() >= 0 else ""
    is_here = kind == _TYPES.get(url.scheme(), url.scheme()) and host.casefold() == url.host().casefold()
    if not is_here or (parameters.get("user", ""), parameters.get("port", "")) != (user, port):
        return None
    path = url.path().lstrip("/")
    root = (parameters.get("share") or parameters.get("prefix", "")).strip("/")
    if not root:
        return path
    if path.casefold() == root.casefold() or path.casefold().startswith(f"{root.casefold()}/"):
        return path[len(root) :].lstrip("/")
    return None
