"""Opening image files that may be broken, huge or hostile."""
