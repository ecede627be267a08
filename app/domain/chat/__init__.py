"""Chats, messages and drafts."""
