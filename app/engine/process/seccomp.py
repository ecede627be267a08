"""A seccomp filter for this process: system calls that a decoder never needs fail with an error.

Classic BPF over `struct seccomp_data` (linux/seccomp.h), installed by seccomp(2) on all threads; the kernel accepts it
from an unprivileged process that has set no_new_privs. Refused calls fail with EPERM instead of killing the process,
so that libraries fall back. Supports x86-64 and AArch64.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.engine.process.system_calls import NUMBERS

_X86_64, _AARCH64 = "x86_64", "aarch64"
_AUDIT_ARCH = {_X86_64: 0xC000003E, _AARCH64: 0xC00000B7}
_X32_BIT = 0x40000000
"""Bit set in the system call numbers of the x32 ABI, which would bypass a filter of x86-64's usual numbers."""
_SECCOMP = {_X86_64: 317, _AARCH64: 277}
_SET_MODE_FILTER, _TSYNC = 1, 1

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""BPF_LD+W+ABS, BPF_JMP+JEQ+K, +JGE+K, +JSET+K, BPF_RET+K (linux/bpf_common.h)."""
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data; each argument has 8 bytes, the low half first."""

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""ioctl requests that could inject input into the terminal from which the program was started."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A system call that fails with `error`: always, or depending on its argument number `argument`.

    With `bits`, it fails if any of them is set in the argument (with `unless`: if none is); with `values`, if the
    argument is one of them (with `unless`: if it is none of them).
    """

    name: str
    argument: int = 0
    bits: int = 0
    values: tuple[int, ...] = ()
    unless: bool = False
    error: int = errno.EPERM


def _always(names: str, error: int = errno.EPERM) -> tuple[Refusal, ...]:
    return tuple(Refusal(name, error=error) for name in names.split())


OTHER_PROCESSES = _always(
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open pidfd_getfd "
    "pidfd_send_signal tkill rt_sigqueueinfo rt_tgsigqueueinfo"
)
KERNEL = (
    *_always(
        "bpf perf_event_open userfaultfd keyctl add_key request_key mount umount2 pivot_root chroot "
        "move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick mount_setattr unshare setns kexec_load "
        "kexec_file_load init_module finit_module delete_module swapon swapoff reboot quotactl quotactl_fd acct syslog "
        "iopl ioperm personality name_to_handle_at open_by_handle_at settimeofday clock_settime clock_adjtime "
        "adjtimex sethostname setdomainname vhangup fanotify_init modify_ldt"
    ),
    # Its requests would bypass this filter.
    *_always("io_uring_setup io_uring_enter io_uring_register", errno.ENOSYS),
    Refusal("ioctl", 1, values=(_TIOCSTI, _TIOCLINUX)),
)
"""System calls that no engine process needs, and that attack the kernel or bypass this filter."""
SOCKETS = _always("socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg")
"""System calls on sockets; open ones can still be read and written."""
WRITING = (
    *_always(
        "creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat "
        "mknod mknodat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat truncate utime utimes "
        "utimensat futimesat setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr "
        "removexattrat file_setattr inotify_init inotify_init1 mq_open mq_unlink shmget shmctl semget msgget"
    ),
    Refusal("open", 1, bits=_WRITES),
    Refusal("openat", 2, bits=_WRITES),
    # Its flags are in memory, which a filter cannot read; callers fall back to openat.
    *_always("openat2", errno.ENOSYS),
)
"""System calls that change files by name; files open for writing can still be written."""
PROGRAMS = (
    *_always("execve execveat fork vfork"),
    Refusal("clone", 0, bits=_CLONE_THREAD, unless=True),
    *_always("clone3", errno.ENOSYS),  # As openat2: the C library then starts threads with clone.
)
NAMESPACES = (Refusal("clone", 0, bits=_CLONE_NAMESPACES), *_always("clone3", errno.ENOSYS))
"""For a process that may start programs: no new namespaces, in which it would have all capabilities."""


def signals() -> tuple[Refusal, ...]:
    """Refuse signals to other processes; abort() signals this process itself."""
    own = os.getpid()
    return (
        Refusal("kill", values=(own,), unless=True),
        Refusal("tgkill", values=(own,), unless=True),
        Refusal("prlimit64", values=(0, own), unless=True),
    )


def is_supported() -> bool:
    """Return whether filters exist for this architecture; the kernel may still lack seccomp."""
    return sys.platform == "linux" and sys.maxsize > 2**32 and platform.machine() in _AUDIT_ARCH


def refuse(refusals: Iterable[Refusal]) -> None:
    """Make these system calls fail from now on, in all threads; raises OSError if the kernel accepts no filter.

    Filters add up: a later one cannot allow what an earlier one refuses.
    """
    machine = platform.machine()
    program = assemble(tuple(refusals), machine)
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    described = Program(len(program) // 8, ctypes.addressof(instructions))
    system = ctypes.CDLL(None, use_errno=True)
    outcome = system.syscall(
        ctypes.c_long(_SECCOMP[machine]),
        ctypes.c_ulong(_SET_MODE_FILTER),
        ctypes.c_ulong(_TSYNC),
        ctypes.byref(described),
    )
    if outcome:  # An error, or the id of a thread that could not be synchronised.
        raise OSError(ctypes.get_errno() if outcome < 0 else errno.EBUSY, "seccomp")


def assemble(refusals: Sequence[Refusal], machine: str) -> bytes:
    """Assemble the filter as BPF; calls that the architecture lacks are left out."""
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == _X86_64:
        code += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _ERROR | errno.EPERM)]
    for refusal in refusals:
        number = NUMBERS[refusal.name][machine != _X86_64]
        if number is not None:
            block = _block(refusal)
            code += [(_EQUAL, 0, len(block), number), *block]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _block(refusal: Refusal) -> list[tuple[int, int, int, int]]:
    """Return the instructions for one call; every path through them returns."""
    refused, allowed = (_RETURN, 0, 0, _ERROR | refusal.error), (_RETURN, 0, 0, _ALLOW)
    if not refusal.bits and not refusal.values:
        return [refused]
    tests = [(_ANY_BIT, refusal.bits)] if refusal.bits else [(_EQUAL, value) for value in refusal.values]
    # A test that holds jumps over the remaining tests, and over the return of tests that fail.
    jumps = [(test, len(tests) - index, 0, value) for index, (test, value) in enumerate(tests)]
    held, not_held = (allowed, refused) if refusal.unless else (refused, allowed)
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * refusal.argument), *jumps, not_held, held]
