"""Code and terminals: text on a grid of equally wide columns, whose indentation and gaps are part of it."""
