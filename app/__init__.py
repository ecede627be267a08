"""Lorgnette: drop an image, ask about it, read its text, all on your own machine."""

from app.telemetry import switch_off_telemetry

__version__ = "0.1.0"

switch_off_telemetry()  # Here, since nothing of Lorgnette can be imported before this.
