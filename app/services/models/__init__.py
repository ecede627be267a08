"""The vision model's engine, downloads, installed models and servers."""
