"""The domain model: chats, images, detections, options, errors. Standard library only."""
