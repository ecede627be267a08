"""A key of all programs on macOS: what Carbon is asked, by an imitation of it, and what its events do."""

import ctypes
from collections.abc import Callable, MutableSequence, Sequence
from ctypes import CFUNCTYPE, POINTER, c_int32, c_uint32, c_ulong, c_void_p
from functools import partial
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from app.ui.shell.global_key import GrabResult
from app.ui.shell.macos_key import EventHandler, EventHotKeyID, EventTypeSpec, MacosKey

COMMAND, SHIFT, OPTION, CONTROL = 0x100, 0x200, 0x800, 0x1000
EXISTS, OTHER = -9878, -50
TARGET, REFERENCE = 0x7001, 0x7002


class Carbon:
    """The functions of the framework, called as C calls them."""

    def __init__(self, status: int = 0, installed: int = 0) -> None:
        self.status, self.installed = status, installed
        self.registered: list[tuple[int, int]] = []
        self.handlers: list[Callable[..., int]] = []
        self.GetApplicationEventTarget = CFUNCTYPE(c_void_p)(lambda: TARGET)
        self.InstallEventHandler = CFUNCTYPE(
            c_int32, c_void_p, EventHandler, c_ulong, POINTER(EventTypeSpec), c_void_p, c_void_p
        )(self.install)
        self.RegisterEventHotKey = CFUNCTYPE(
            c_int32, c_uint32, c_uint32, EventHotKeyID, c_void_p, c_uint32, POINTER(c_void_p)
        )(self.register)
        self.UnregisterEventHotKey = CFUNCTYPE(c_int32, c_void_p)(self.unregister)

    def install(
        self, target: int, handler: Callable[..., int], count: int, wanted: Sequence[EventTypeSpec], *_data: int | None
    ) -> int:
        assert (target, count) == (TARGET, 1)
        assert (wanted[0].event_class, wanted[0].kind) == (int.from_bytes(b"keyb", "big"), 5)
        if not self.installed:
            self.handlers.append(handler)
        return self.installed

    def register(
        self, code: int, modifiers: int, name: EventHotKeyID, target: int, options: int, reference: MutableSequence[int]
    ) -> int:
        assert (target, options, name.id) == (TARGET, 0, 1)
        if not self.status:
            self.registered.append((code, modifiers))
            reference[0] = REFERENCE
        return self.status

    def unregister(self, reference: int) -> int:
        assert reference == REFERENCE
        self.registered.pop()
        return 0


@pytest.mark.parametrize(
    ("keys", "registered"),
    [
        ("Ctrl+Alt+T", (0x11, COMMAND | OPTION)),
        ("Meta+Shift+F9", (0x65, CONTROL | SHIFT)),
        ("Ctrl+Alt+1", (0x12, COMMAND | OPTION)),
        ("Ctrl+Space", (0x31, COMMAND)),
        ("Home", (0x73, 0)),
    ],
)
def test_the_key_is_registered(keys: str, registered: tuple[int, int]) -> None:
    carbon = Carbon()
    key = MacosKey(load=partial(cast, ctypes.CDLL, carbon))
    assert key.grab(keys) is GrabResult.GRABBED
    assert carbon.registered == [registered]
    assert key.grab("F1") is GrabResult.GRABBED
    assert carbon.registered == [(0x7A, 0)], "in place of the one before"
    assert len(carbon.handlers) == 1
    key.release()
    assert not carbon.registered


@pytest.mark.parametrize(
    ("keys", "carbon", "result"),
    [
        ("Ctrl+T", Carbon(status=EXISTS), GrabResult.TAKEN),
        ("Ctrl+T", Carbon(status=OTHER), GrabResult.IMPOSSIBLE),
        ("Ctrl+T", Carbon(installed=OTHER), GrabResult.IMPOSSIBLE),
        ("Pause", Carbon(), GrabResult.UNKNOWN),  # Apple's keyboards have none.
        ("F21", Carbon(), GrabResult.UNKNOWN),
        ("T", Carbon(), GrabResult.UNKNOWN),
    ],
)
def test_a_key_that_cannot_be_had_leaves_nothing(keys: str, carbon: Carbon, result: GrabResult) -> None:
    key = MacosKey(load=partial(cast, ctypes.CDLL, carbon))
    assert key.grab(keys) is result
    assert not carbon.registered
    key.release()


def test_without_the_framework_there_is_none() -> None:
    assert MacosKey().grab("Ctrl+Alt+T") is GrabResult.IMPOSSIBLE


def test_its_events_are_presses(qtbot: QtBot) -> None:
    carbon = Carbon()
    key = MacosKey(load=partial(cast, ctypes.CDLL, carbon))
    key.grab("Ctrl+Alt+T")
    with qtbot.waitSignal(key.pressed):
        assert carbon.handlers[0](None, ctypes.c_void_p(1), None) == 0
