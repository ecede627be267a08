"""Table detection: bordered tables by their lines, borderless tables by the alignment of their text."""
