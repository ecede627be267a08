"""Table detection: areas between rules or with aligned text, and the columns, rows and spans in them."""
