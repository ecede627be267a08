"""Flattens photographs of bent paper before they are read."""
