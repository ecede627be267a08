"""What Lorgnette talks about: chats, images, regions, options, errors. Standard library only."""
