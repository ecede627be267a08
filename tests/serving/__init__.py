"""Tests of what other programs are answered."""
