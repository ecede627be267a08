"""OCR results of pages, and spreadsheets."""
