"""Pages of documents: OCR results, tables, fields, formats."""
