"""Runtimes of the decoder and the vision tower, behind one port."""
