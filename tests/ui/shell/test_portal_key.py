"""A key of all programs on Wayland: the GlobalShortcuts portal, imitated on a real bus."""

import subprocess
import sys

import pytest

pytest.importorskip("jeepney", reason="D-Bus is Linux' own")

from app.ui.shell.portal_key import PortalKey, trigger


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("Ctrl+Alt+T", "CTRL+ALT+t"),
        ("Meta+Shift+F5", "SHIFT+LOGO+F5"),
        ("Print", "Print"),
        ("Ctrl+PgUp", "CTRL+Page_Up"),
        ("Ctrl+Space", "CTRL+space"),
        ("Ctrl+K, Ctrl+C", ""),
    ],
)
def test_keys_are_named_as_the_shortcuts_specification_names_them(keys: str, wanted: str) -> None:
    assert trigger(keys) == wanted


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (("0", "0"), ["True capture-text CTRL+ALT+t ''", "pressed twice: the key that you chose"]),
        (("old0", "old0"), ["True capture-text CTRL+ALT+t ''", "pressed twice: the key that you chose"]),
        (("1",), ["refused"]),
        (("0", "1"), ["refused"]),
        (("error",), ["refused"]),
        (("0", "error"), ["refused"]),
        (("nobody",), ["refused"]),
    ],
)
def test_the_portal_is_asked_over_a_real_bus(answers: tuple[str, ...], outcome: list[str]) -> None:
    talk = [sys.executable, "-m", "tests.support.fake_shortcuts_portal", "Ctrl+Alt+T", *answers]
    done = subprocess.run(["dbus-run-session", "--", *talk], capture_output=True, text=True, timeout=60, check=False)
    lines = sorted(done.stdout.splitlines(), key=lambda line: not line.startswith("True"))
    assert (lines if outcome != ["refused"] else lines[-1:]) == outcome, done.stderr


def test_without_a_bus_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    key, refused = PortalKey(), []
    key.refused.connect(lambda: refused.append(True))
    key.bind("Ctrl+Alt+T")
    assert refused == [True]
    key.bind("")
    assert refused == [True]
