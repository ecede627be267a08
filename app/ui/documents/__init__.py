"""The document window: pages, lines, tables, values, export."""
