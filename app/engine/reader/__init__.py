"""The built-in reader: classical OCR that needs no vision-language model."""
