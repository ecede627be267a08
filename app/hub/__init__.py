"""Downloads of models from a hub: its API, and resumable downloads."""
