"""Ways to run the decoder and the vision tower, behind one port."""
