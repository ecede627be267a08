"""Model folders, the catalogue, GPU packages, and access tokens."""
