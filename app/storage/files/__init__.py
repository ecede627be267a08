"""Files and folders: atomic writes, permissions, locks, digests."""
