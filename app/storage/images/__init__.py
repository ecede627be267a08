"""Attachments, and images that are no longer used."""
