"""Lorgnette: drop an image, ask about it, read its text, all on your own machine."""

__version__ = "0.1.0"
