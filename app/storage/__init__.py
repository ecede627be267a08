"""What is kept on disk: conversations, attachments, settings. No Qt."""
