"""The layer between the window and the rest: threads, the chat session, importing. QtCore only."""
