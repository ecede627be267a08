"""The window. One widget a file; widgets emit facts and never call their parents."""
