"""Quantises a 16-bit model folder to W4A16 with AutoRound."""
