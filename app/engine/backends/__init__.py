"""The backends of the engine processes: each serves the requests of one kind of process."""
