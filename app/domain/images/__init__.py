"""Images: attachments, geometry, visual tokens, codes."""
