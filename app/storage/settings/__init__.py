"""The settings file, diagnostics, and leftovers of telemetry."""
