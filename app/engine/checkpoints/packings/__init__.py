"""How quantised layers are stored in files: one module for each packing."""
