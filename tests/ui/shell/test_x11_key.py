"""A key of all programs, on a real X server."""

import subprocess
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.shell.global_key import GrabResult
from app.ui.shell.x11_key import X11Key


@pytest.fixture
def keys(qtbot: QtBot) -> Iterator[tuple[X11Key, X11Key]]:
    """Those of two programs."""
    first, second = X11Key(), X11Key()
    yield first, second
    first.release()
    second.release()


def press(*names: str) -> None:
    subprocess.run(["xdotool", "key", *names], check=True)


@pytest.mark.parametrize("wanted", ["T", "Shift+A", "Ctrl", "Ctrl+K, Ctrl+C", "no key at all", "Ctrl+中"])
def test_what_is_typed_or_no_key_is_refused(wanted: str) -> None:
    assert X11Key().grab(wanted) is GrabResult.UNKNOWN


def test_no_key_needs_nothing() -> None:
    assert X11Key().grab("") is GrabResult.GRABBED


def test_without_a_server_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9999")
    assert X11Key().grab("Ctrl+Alt+T") is GrabResult.IMPOSSIBLE


@pytest.mark.window
@pytest.mark.parametrize(
    ("wanted", "pressed"),
    [
        ("Ctrl+Alt+T", "ctrl+alt+t"),
        ("Meta+Shift+F9", "super+shift+F9"),
        ("Pause", "Pause"),  # Print belongs to the window manager of the other tests.
        ("Ctrl+Alt+1", "ctrl+alt+1"),
    ],
)
def test_it_is_told_of_the_key_alone(wanted: str, pressed: str, keys: tuple[X11Key, X11Key], qtbot: QtBot) -> None:
    key, _ = keys
    assert key.grab(wanted) is GrabResult.GRABBED
    with qtbot.assertNotEmitted(key.pressed, wait=200):
        press("ctrl+alt+u", "F7")
    with qtbot.waitSignal(key.pressed):
        press(pressed)


@pytest.mark.window
def test_num_lock_does_not_matter(keys: tuple[X11Key, X11Key], qtbot: QtBot) -> None:
    key, _ = keys
    assert key.grab("Ctrl+Alt+T") is GrabResult.GRABBED
    press("Num_Lock")
    try:
        with qtbot.waitSignal(key.pressed):
            press("ctrl+alt+t")
    finally:
        press("Num_Lock")


@pytest.mark.window
def test_a_key_of_another_program_is_refused_until_it_is_released(keys: tuple[X11Key, X11Key], qtbot: QtBot) -> None:
    first, second = keys
    assert first.grab("Ctrl+Alt+T") is GrabResult.GRABBED
    assert second.grab("Ctrl+Alt+T") is GrabResult.TAKEN
    assert first.grab("Ctrl+Alt+U") is GrabResult.GRABBED, "in place of the one before"
    assert second.grab("Ctrl+Alt+T") is GrabResult.GRABBED
    with qtbot.assertNotEmitted(first.pressed), qtbot.waitSignal(second.pressed):
        press("ctrl+alt+t")
    first.release()
    with qtbot.assertNotEmitted(first.pressed, wait=200):
        press("ctrl+alt+u")
