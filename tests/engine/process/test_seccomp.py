"""The filter's program, run here as the kernel runs it, for both kinds of machine."""

import errno
import os
import struct

import pytest

from app.engine.process.seccomp import (
    KERNEL,
    NAMESPACES,
    OTHER_PROCESSES,
    PROGRAMS,
    SOCKETS,
    WRITING,
    Refusal,
    assemble,
    signals,
)
from app.engine.process.system_calls import NUMBERS

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = pytest.mark.parametrize("machine", ARCHITECTURES)
IMAGES = (*KERNEL, *OTHER_PROCESSES, *SOCKETS, *WRITING, *PROGRAMS, *signals())
THREAD = 0x3D0F00  # The flags of a thread, as glibc starts it.
PROCESS = 0x01200011  # Those of fork().
USER_NAMESPACE = 0x10000000


def run(program: bytes, number: int, *arguments: int, architecture: int) -> int:
    """The error that a call fails with, or 0."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    value, place = 0, 0
    while True:
        code, if_true, if_false, operand = struct.unpack_from("=HBBI", program, place * 8)
        place += 1
        match code:
            case 0x20:
                (value,) = struct.unpack_from("=I", data, operand)
            case 0x15:
                place += if_true if value == operand else if_false
            case 0x35:
                place += if_true if value >= operand else if_false
            case 0x45:
                place += if_true if value & operand else if_false
            case 0x06:
                return 0 if operand == 0x7FFF0000 else operand & 0xFFFF
            case _:
                raise AssertionError(code)


def outcome(refusals: tuple[Refusal, ...], machine: str, name: str, *arguments: int) -> int:
    number = NUMBERS[name][machine != "x86_64"]
    assert number is not None
    return run(assemble(refusals, machine), number, *arguments, architecture=ARCHITECTURES[machine])


@MACHINES
def test_files_are_opened_for_reading_alone(machine: str) -> None:
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY):
        assert outcome(IMAGES, machine, "openat", 0, 0, flags) == 0
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_CREAT, os.O_RDONLY | os.O_TRUNC):
        assert outcome(IMAGES, machine, "openat", 0, 0, flags) == errno.EPERM
    assert outcome(IMAGES, machine, "openat2") == errno.ENOSYS


@MACHINES
def test_threads_are_started_and_processes_are_not(machine: str) -> None:
    assert outcome(IMAGES, machine, "clone", THREAD) == 0
    assert outcome(IMAGES, machine, "clone", PROCESS) == errno.EPERM
    assert outcome(IMAGES, machine, "clone3") == errno.ENOSYS
    assert outcome(IMAGES, machine, "execve") == errno.EPERM
    assert outcome(NAMESPACES, machine, "clone", PROCESS) == 0
    assert outcome(NAMESPACES, machine, "clone", PROCESS | USER_NAMESPACE) == errno.EPERM


@MACHINES
def test_signals_reach_this_process_alone(machine: str) -> None:
    for name in ("kill", "tgkill"):
        assert outcome(IMAGES, machine, name, os.getpid(), 6) == 0
        assert outcome(IMAGES, machine, name, os.getppid(), 9) == errno.EPERM
    assert outcome(IMAGES, machine, "prlimit64", 0) == 0
    assert outcome(IMAGES, machine, "prlimit64", os.getppid()) == errno.EPERM


@MACHINES
def test_one_value_of_several_is_enough(machine: str) -> None:
    for request, error in ((0x5412, errno.EPERM), (0x541C, errno.EPERM), (0x5413, 0)):  # TIOCGWINSZ asks for a size.
        assert outcome(IMAGES, machine, "ioctl", 1, request) == error


@MACHINES
def test_what_decoders_need_is_allowed(machine: str) -> None:
    """Read, write, mmap, mprotect, brk, futex, close, recvmsg, exit_group, getrandom."""
    numbers = {
        "x86_64": (0, 1, 9, 10, 12, 202, 3, 47, 231, 318),
        "aarch64": (63, 64, 222, 226, 214, 98, 57, 212, 94, 278),
    }[machine]
    program = assemble(IMAGES, machine)
    assert {run(program, number, architecture=ARCHITECTURES[machine]) for number in numbers} == {0}


@MACHINES
def test_other_ways_to_call_the_kernel_are_closed(machine: str) -> None:
    program = assemble(IMAGES, machine)
    assert run(program, 0, architecture=0x40000003) == errno.EPERM  # i386
    if machine == "x86_64":
        assert run(program, 0x40000000, architecture=ARCHITECTURES[machine]) == errno.EPERM  # x32
