"""The sandbox that a process enters before it decodes anything: limits on memory, time, files, sockets and programs.

A file that takes over its decoder then reaches only what the process is allowed (see `allowances`). Everything here is
available to unprivileged processes; what a system lacks is skipped, and reported in Diagnostics.
"""

import ctypes
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path

import app
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import CancelCheck
from app.engine.process import landlock, seccomp
from app.engine.process.allowances import EVERYTHING, Allowance
from app.engine.process.backend_kinds import Backend
from app.engine.process.messages import Event, Request, WritePdf
from app.paths import RESOURCES

if sys.platform != "win32":
    import resource

MAX_MEMORY = 6 * 1024**3
"""Maximum address space in bytes, besides what threads reserve; the machine's memory if that is less.

The largest allowed image takes 3.9 GB (100 megapixels with transparency).
"""
MEMORY_OF_A_THREAD = 144 * 1024**2
"""Address space of a thread in bytes: a stack of 8 MB, and glibc's arena."""
MAX_CPU_SECONDS = 600
"""Maximum CPU time in seconds of one request, in all threads together."""
CPU_SECONDS_OF_A_PAGE = 20
"""Additional CPU time in seconds for each page of a PDF that is written."""
MAX_OPEN_FILES = 4096
MAX_FILE_BYTES = 16 * 1024**3
"""Maximum size in bytes of a file that is written."""
_PR_SET_NO_NEW_PRIVS = 38
_SYSTEM_FOLDERS = (
    "/usr /lib /lib32 /lib64 /bin /sbin /opt /app /snap /nix/store /gnu/store /etc/ld.so.cache /etc/ld.so.conf "
    "/etc/ld.so.conf.d /etc/fonts /etc/localtime /proc/self /proc/cpuinfo /proc/meminfo /proc/stat /sys/devices "
    "/sys/bus/pci /sys/fs/cgroup /dev/null /dev/zero /dev/random /dev/urandom"
)
"""Paths of programs and libraries, and of the machine information they read; none of the user's."""
_FOLDERS_FOR_GPUS = (
    "/proc/driver /proc/devices /proc/modules /proc/version /proc/sys /proc/filesystems /sys /run/opengl-driver "
    "/run/current-system /etc/OpenCL /etc/vulkan /etc/nvidia /etc/passwd /etc/nsswitch.conf"
)
"""Paths that GPU drivers read."""
_GPU_DEVICES = ("nvidia*", "dri", "kfd", "accel", "dxg")
"""Patterns of GPU devices in /dev."""
_GPU_CACHES = (".nv", ".triton", ".cache/neo_compiler_cache")
"""Folders in the home folder where drivers cache compiled kernels."""
_THREADS = "/proc/self/task"
"""Folder where CUDA sets its threads' names; it does not start if it may not write there."""
_FOLDERS_FOR_CONNECTIONS = (
    "/etc/ssl /etc/pki /etc/ca-certificates /usr/share/ca-certificates /etc/crypto-policies /etc/resolv.conf "
    "/etc/hosts /etc/host.conf /etc/nsswitch.conf /etc/gai.conf /etc/services /etc/protocols /run/systemd/resolve"
)
"""Paths that are read to resolve names and to verify servers' certificates."""
_log = logging.getLogger(__name__)


def confine(allowance: Allowance) -> None:
    """Restrict this process to `allowance`; to be called before it starts threads."""
    if sys.platform == "win32":
        return
    _limit_resources(allowance)
    if sys.platform != "linux":
        return
    with _best_effort("no new privileges"):
        _renounce_privileges()
    if landlock.version():
        with _best_effort("Landlock"):
            landlock.restrict(_rules(allowance), connects=allowance.connects)
    if seccomp.is_supported():
        with _best_effort("the filter of system calls"):
            seccomp.refuse(_refusals(allowance))


def bounded(allowance: Allowance, backend: Backend) -> Backend:
    """Return the backend; if `allowance` is bounded, a request that exceeds its CPU time ends the process."""
    return _BoundedBackend(backend) if allowance.is_bounded else backend


class _BoundedBackend:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        _allow_computing(len(request.pages) if isinstance(request, WritePdf) else 0)
        return self._backend.handle(request, emit, check)


def measures(allowance: Allowance) -> tuple[str, ...]:
    """Return what is in force in this process, read back from the system, and what is not, as text for Diagnostics."""
    return tuple(_measures(allowance))


def _measures(allowance: Allowance) -> Iterator[str]:
    if sys.platform == "win32":
        yield "not confined: this system has no way that needs no privileges"
        return
    if allowance.is_bounded:
        memory, seconds = resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CPU)[0]
        is_bounded = memory != resource.RLIM_INFINITY
        yield f"at most {memory / 1000**3:.1f} GB of address space" if is_bounded else "memory without a bound"
        is_bounded = seconds != resource.RLIM_INFINITY
        yield f"at most {MAX_CPU_SECONDS} s of computing a request" if is_bounded else "computing without a bound"
    if sys.platform != "linux":
        yield "not confined: this system can refuse no files, programs or connections without privileges"
        return
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    yield "no new privileges" if "NoNewPrivs:\t1" in status else "new privileges are possible"
    has_landlock = _is_refused(lambda: _open_a_device(allowance))
    if has_landlock:
        reads = "what the user may" if allowance.reads_everything else "what it is given and libraries"
        writes = "only results, kept weights and temporary files" if allowance.writes else "nothing"
        yield f"Landlock (version {landlock.version()}): reads {reads}, writes {writes}"
    else:
        written = " and write" if allowance.writes else ""
        yield f"no Landlock: may read{written} what the user may"
    if "Seccomp:\t2" in status:
        yield f"seccomp: {', '.join(_filtered(allowance))}"
    else:
        yield _NO_FILTER
    if allowance.connects:
        yield "connects as the user may: it asks servers"


def _filtered(allowance: Allowance) -> Iterator[str]:
    if not allowance.connects:
        yield "opens no connections"
    if not allowance.writes:
        yield "writes nothing"
    yield "may start programs" if allowance.starts_programs else "starts no programs"
    yield "touches no other process"


def _open_a_device(allowance: Allowance) -> None:
    """Open a device that everybody may read and write, in a way that only Landlock refuses, not the seccomp filter."""
    os.close(os.open("/dev/full", os.O_WRONLY if allowance.writes else os.O_RDONLY))


_NO_FILTER = "no seccomp filter: the kernel has none, or not for this kind of machine"


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


@contextmanager
def _best_effort(what: str) -> Iterator[None]:
    """Skip a measure that the system refuses; Diagnostics show what is in force."""
    try:
        yield
    except (OSError, ValueError) as error:
        _log.info("%s is not in force: %s", what, error)


def _limit_resources(allowance: Allowance) -> None:
    _lower(resource.RLIMIT_CORE, 0)  # A core dump would contain the images.
    sys.dont_write_bytecode = True  # It may not write any.
    if allowance.is_bounded:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        _lower(resource.RLIMIT_AS, min(MAX_MEMORY, physical) + MEMORY_OF_A_THREAD * (os.cpu_count() or 1))
        _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
        _lower(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
        _allow_computing()


def _lower(limit: int, maximum: int) -> None:
    """Set a limit permanently, unless the current one is lower."""
    with _best_effort(f"resource limit {limit}"):
        _, hard = resource.getrlimit(limit)
        maximum = maximum if hard == resource.RLIM_INFINITY else min(maximum, hard)
        resource.setrlimit(limit, (maximum, maximum))


def _allow_computing(pages: int = 0) -> None:
    """Renew the process's CPU time for one request; beyond it the kernel ends the process with SIGXCPU."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ceil(used.ru_utime + used.ru_stime) + MAX_CPU_SECONDS + CPU_SECONDS_OF_A_PAGE * pages
    with _best_effort("the limit of computing"):
        # Only the soft limit: the hard one could not be raised for the next request.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _renounce_privileges() -> None:
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _refusals(allowance: Allowance) -> tuple[seccomp.Refusal, ...]:
    return (
        *seccomp.KERNEL,
        *seccomp.OTHER_PROCESSES,
        *(() if allowance.connects else seccomp.SOCKETS),
        *(() if allowance.writes else seccomp.WRITING),
        *(seccomp.NAMESPACES if allowance.starts_programs else (*seccomp.PROGRAMS, *seccomp.signals())),
    )


def _rules(allowance: Allowance) -> Iterator[tuple[Path, int]]:
    """Yield the paths that may be opened by name, with the rights to them."""
    yield from ((path, landlock.READ) for path in (*_libraries(), *allowance.reads) if path != EVERYTHING)
    if allowance.reads_everything:  # But other processes: root may look into them, whatever Landlock says.
        sees_processes = allowance.starts_programs  # AutoRound sums up the memory of what it has started.
        yield from ((path, landlock.READ) for path in EVERYTHING.iterdir() if sees_processes or path.name != "proc")
    yield from ((path, landlock.WRITE) for path in allowance.writes)
    if allowance.writes:
        yield Path(os.devnull), landlock.USE_DEVICE
    if allowance.uses_gpu:
        yield from _gpu_devices()
    if allowance.connects:
        yield from ((Path(name), landlock.READ) for name in _FOLDERS_FOR_CONNECTIONS.split())
        named = (os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
        yield from ((Path(name), landlock.READ) for name in named if name)
    if allowance.starts_programs:
        yield EVERYTHING, landlock.EXECUTE


def _libraries() -> Iterator[Path]:
    """Yield the folders of programs and libraries: the system's, Python's and our own."""
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.executable)
    for name in (*_SYSTEM_FOLDERS.split(), *prefixes, *_import_folders(), *libraries):
        path = Path(name)
        # A folder that contains the user's home is never allowed as a whole, whoever listed it.
        if name and path.is_absolute() and not _home().is_relative_to(path):
            yield path
    yield from (Path(app.__file__).parent, RESOURCES)


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.expanduser raises without a home


def _gpu_devices() -> Iterator[tuple[Path, int]]:
    yield from ((Path(name), landlock.READ) for name in _FOLDERS_FOR_GPUS.split())
    for pattern in _GPU_DEVICES:
        yield from ((path, landlock.USE_DEVICE) for path in Path("/dev").glob(pattern))
    yield Path(_THREADS), landlock.USE_DEVICE
    yield from ((_home() / name, landlock.WRITE) for name in _GPU_CACHES)


def _import_folders() -> Iterator[str]:
    """Yield the folders of modules, except Lorgnette's working folder and the one in which it is developed."""
    apart = {Path.cwd(), Path(app.__file__).parent.parent}
    return (name for name in sys.path if Path(name) not in apart)
