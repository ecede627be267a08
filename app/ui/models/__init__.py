"""The models window, and connecting to a server."""
