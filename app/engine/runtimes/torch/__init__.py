"""The torch runtime: int4 operators, text decoder, vision tower, devices."""
