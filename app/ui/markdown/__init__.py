"""Markdown of answers as rich text: documents, code, formulas, tables, copying."""
