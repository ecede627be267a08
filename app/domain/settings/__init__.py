"""Settings and releases."""
