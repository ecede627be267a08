"""The engine processes: messages, the child's host loop, the parent's client."""
