"""Preferences, the check for a newer version, and bug reports."""
