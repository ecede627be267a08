"""The script model: tells which script a line of text is in."""
