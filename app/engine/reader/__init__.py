"""The built-in reader: classical OCR, no model needed."""
