"""Batches: options, items, output formats."""
