"""Chats in the database, and their export and import."""
