"""Compares what an answer says with what was read on its images."""
