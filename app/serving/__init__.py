"""Answers other programs over HTTP: what they may ask, who may ask, and how much."""
