"""Documents: reading pages, fields, translation."""
