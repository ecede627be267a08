"""Models: catalogue, memory needs, downloads, generation options, servers."""
