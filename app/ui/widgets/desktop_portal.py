"""Names of the desktop's portal on the session's bus: https://flatpak.github.io/xdg-desktop-portal."""

SERVICE, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
REQUEST = "org.freedesktop.portal.Request"
SUCCESS, CANCELLED = 0, 1
"""Codes of a request's Response."""
