"""The layout of a page: columns, areas, blocks."""
