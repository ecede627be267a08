"""Persistent storage: conversations, attachments, settings. No Qt."""
