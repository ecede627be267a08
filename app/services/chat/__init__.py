"""Chats: sending questions, streaming answers, saving, exporting, importing."""
