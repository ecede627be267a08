"""Decodes image, video and PDF files that may be broken, huge or hostile."""
