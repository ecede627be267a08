"""The image viewer, translated images, and screen capture."""
