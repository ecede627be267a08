"""Opening and checking model folders."""
