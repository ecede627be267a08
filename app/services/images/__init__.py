"""Importing images and rendering pictures of them."""
