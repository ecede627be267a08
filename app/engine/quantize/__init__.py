"""Making a W4A16 model folder from a 16-bit one, by AutoRound."""
