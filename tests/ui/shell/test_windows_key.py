"""A key of all programs on Windows: what user32 is asked, by an imitation of it, and what its messages do."""

import ctypes
from ctypes import wintypes
from functools import partial
from typing import cast

import pytest
from PySide6.QtCore import QAbstractNativeEventFilter, QCoreApplication
from pytestqt.qtbot import QtBot

from app.ui.shell.global_key import GrabResult
from app.ui.shell.windows_key import WindowsKey

CONTROL_ALT, NO_REPEAT = 3, 0x4000
TAKEN, OTHER = 1409, 5
NONE = -1


class User32:
    """The functions of a Windows whose keyboard is German: "-" and "/" are where virtual-key codes say."""

    def __init__(self, taken: frozenset[int] = frozenset()) -> None:
        self.taken = taken
        self.registered: dict[int, tuple[int, int]] = {}
        self.RegisterHotKey = ctypes.CFUNCTYPE(
            wintypes.BOOL, wintypes.HWND, ctypes.c_int, ctypes.c_uint, ctypes.c_uint
        )(self.register)
        self.UnregisterHotKey = ctypes.CFUNCTYPE(wintypes.BOOL, wintypes.HWND, ctypes.c_int)(self.unregister)
        self.VkKeyScanW = ctypes.CFUNCTYPE(ctypes.c_short, ctypes.c_wchar)(
            {"-": 0xBD, "/": 0x100 | 0x37, "~": NONE}.__getitem__
        )

    def register(self, window: int | None, number: int, modifiers: int, code: int) -> bool:
        assert window is None
        if code in self.taken or number in self.registered:
            return False
        self.registered[number] = modifiers, code
        return True

    def unregister(self, _window: int | None, number: int) -> bool:
        return self.registered.pop(number, None) is not None


@pytest.fixture
def filters(qapp: QCoreApplication, monkeypatch: pytest.MonkeyPatch) -> list[QAbstractNativeEventFilter]:
    """The native event filters that are installed on the application."""
    installed: list[QAbstractNativeEventFilter] = []
    monkeypatch.setattr(QCoreApplication, "installNativeEventFilter", lambda _, added: installed.append(added))
    monkeypatch.setattr(QCoreApplication, "removeNativeEventFilter", lambda _, gone: installed.remove(gone))
    return installed


@pytest.mark.parametrize(
    ("keys", "registered"),
    [
        ("Ctrl+Alt+T", (CONTROL_ALT | NO_REPEAT, ord("T"))),
        ("Meta+Shift+F9", (4 | 8 | NO_REPEAT, 0x78)),
        ("Print", (NO_REPEAT, 0x2C)),
        ("Ctrl+Alt+1", (CONTROL_ALT | NO_REPEAT, ord("1"))),
        ("Ctrl+Alt+-", (CONTROL_ALT | NO_REPEAT, 0xBD)),
        ("Ctrl+Alt+/", (CONTROL_ALT | NO_REPEAT, 0x37)),
        ("Ctrl+Space", (2 | NO_REPEAT, 0x20)),
    ],
)
def test_the_key_is_registered(
    keys: str, registered: tuple[int, int], filters: list[QAbstractNativeEventFilter]
) -> None:
    user32 = User32()
    key = WindowsKey(load=partial(cast, ctypes.CDLL, user32))
    assert key.grab(keys) is GrabResult.GRABBED
    assert list(user32.registered.values()) == [registered]
    assert len(filters) == 1
    key.release()
    assert not user32.registered
    assert not filters


@pytest.mark.parametrize(
    ("keys", "error", "result"),
    [
        ("Ctrl+Alt+T", TAKEN, GrabResult.TAKEN),
        ("Ctrl+Alt+T", OTHER, GrabResult.IMPOSSIBLE),
        ("Ctrl+~", 0, GrabResult.UNKNOWN),
        ("F30", 0, GrabResult.UNKNOWN),
        ("T", 0, GrabResult.UNKNOWN),
    ],
)
def test_a_key_that_cannot_be_had_leaves_nothing(
    keys: str, error: int, result: GrabResult, filters: list[QAbstractNativeEventFilter]
) -> None:
    user32 = User32(taken=frozenset({ord("T")}))
    key = WindowsKey(load=partial(cast, ctypes.CDLL, user32), last_error=lambda: error)
    assert key.grab(keys) is result
    assert not user32.registered
    assert not filters


def test_without_windows_there_is_none(qapp: QCoreApplication) -> None:
    assert WindowsKey().grab("Ctrl+Alt+T") is GrabResult.IMPOSSIBLE


@pytest.mark.parametrize("kind", [b"windows_dispatcher_MSG", b"windows_generic_MSG"])
def test_its_messages_are_presses_and_others_are_not(
    kind: bytes, filters: list[QAbstractNativeEventFilter], qtbot: QtBot
) -> None:
    user32 = User32()
    key = WindowsKey(load=partial(cast, ctypes.CDLL, user32))
    key.grab("Ctrl+Alt+T")
    (number,) = user32.registered
    press, another, moved = (
        wintypes.MSG(message=m, wParam=w) for m, w in ((0x312, number), (0x312, 9), (0x200, number))
    )
    with qtbot.waitSignal(key.pressed):
        assert filters[0].nativeEventFilter(kind, ctypes.addressof(press)) == (True, 0)
    with qtbot.assertNotEmitted(key.pressed):
        for message in (another, moved):
            assert filters[0].nativeEventFilter(kind, ctypes.addressof(message)) == (False, 0)
        assert filters[0].nativeEventFilter(b"xcb_generic_event_t", 0) == (False, 0)
