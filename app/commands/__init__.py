"""Commands that run without the window."""
