"""What a command and all its children ask of the operating system: connections, look-ups of names, files written.

strace sees the calls themselves, whichever library makes them and in whatever language; a hook inside Python does not.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NETWORK_CALLS = "connect,sendto,sendmsg,sendmmsg,listen"
FILE_CALLS = (
    "open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat"
)
OTHER_CALLS = "io_uring_setup"  # By which a program could connect unseen.

RESOLVER_FILES = {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf"}
"""The C library reads these, and nothing else does, when it looks up a name."""
KERNEL_FOLDERS = ("/dev/", "/proc/")
"""Not on any disk."""

CI_VARIABLES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "JENKINS_URL", "BUILD_ID", "TEAMCITY_VERSION")
"""Libraries keep silent where they see one of these, and so would hide from a test what they do on a user's machine."""


@dataclass(slots=True)
class Traced:
    """The outcome of a traced command; `outside` are the calls that reached beyond the machine's own files."""

    status: int
    stdout: str
    stderr: str
    outside: list[str] = field(default_factory=list)
    written: set[Path] = field(default_factory=set)
    """Files and folders made, opened for writing or renamed to."""
    calls: int = 0


HIDDEN_PREFIXES = ("XDG_", "PYTEST", "ORT_", "HF_", "TRANSFORMERS_", "DO_NOT", "TORCH", "TRITON_")
"""What libraries have set in this process is not set at a user's: PyTorch names its compiler's folder so."""


def clean_environment(folder: Path) -> dict[str, str]:
    """The environment of a user's first start: empty folders of their own in `folder`, and no sign of a test."""
    hidden = (*CI_VARIABLES, "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY")
    environment = {
        name: value for name, value in os.environ.items() if name not in hidden and not name.startswith(HIDDEN_PREFIXES)
    }
    places = {"HOME": "home", "TMPDIR": "tmp", "XDG_RUNTIME_DIR": "runtime", "XDG_DATA_HOME": "home/.local/share"}
    places |= {
        "XDG_CACHE_HOME": "home/.cache",
        "XDG_CONFIG_HOME": "home/.config",
        "XDG_STATE_HOME": "home/.local/state",
    }
    environment |= {name: str(folder / place) for name, place in places.items()}
    for place in ("home", "tmp", "runtime"):
        (folder / place).mkdir(mode=0o700)
    root = str(Path(__file__).parents[2])
    return environment | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}


def trace(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Traced:
    """Run `command` under strace, which writes into `folder`; raises OSError where there is no strace."""
    folder.mkdir()
    seen = f"trace={NETWORK_CALLS},{FILE_CALLS},{OTHER_CALLS}"
    options = ["-ff", "--seccomp-bpf", "-qq", "-yy", "-s", "256", "-e", seen, "-e", "signal=none"]
    done = subprocess.run(
        ["strace", *options, "-o", str(folder / "trace"), *command],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
    )
    traced = Traced(done.returncode, done.stdout, done.stderr)
    for file in folder.glob("trace.*"):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            traced.calls += 1
            _judge(line, traced)
    return traced


def python(*arguments: str) -> list[str]:
    """The command that runs this Python."""
    return [sys.executable, *arguments]


def _judge(line: str, traced: Traced) -> None:
    name, _, rest = line.partition("(")
    if name in NETWORK_CALLS.split(","):
        if _is_outside(name, rest):
            traced.outside.append(line)
    elif name == "io_uring_setup":
        traced.outside.append(line)
    elif not _has_failed(line):
        paths = [_unescaped(quoted) for quoted in re.findall(r'"((?:[^"\\]|\\.)*)"', rest)]
        if RESOLVER_FILES & set(paths) and "O_PATH" not in rest:  # Landlock's rules name files without reading them.
            traced.outside.append(line)
        elif name not in {"open", "openat", "openat2"} or re.search(r"O_WRONLY|O_RDWR|O_CREAT", rest):
            traced.written.update(_absolute(path, rest) for path in paths[-1:])


def _is_outside(name: str, rest: str) -> bool:
    """Whether the call's address or socket is another than a Unix one."""
    if family := re.search(r"sa_family=(\w+)", rest):
        return family[1] != "AF_UNIX"
    return name == "connect" or "<UNIX" not in rest.split(",", 1)[0]


def _absolute(path: str, rest: str) -> Path:
    """A call's path, which may be told beside a folder: `AT_FDCWD</here>, "name"`."""
    folder = re.search(r"<(/[^>]*)>", rest)
    return Path(folder[1] if folder else "/", path)


def _has_failed(line: str) -> bool:
    return re.search(r"\) += -1 E", line) is not None


def _unescaped(quoted: str) -> str:
    return (
        quoted.encode("ascii", "backslashreplace").decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
    )
