"""The only part of Lorgnette that opens network connections."""
