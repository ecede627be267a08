"""The user interface. One widget per file; widgets emit signals and never call their parents."""
