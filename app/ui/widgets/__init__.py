"""Widgets and helpers shared by all windows: theme, strings, notices, buttons."""
