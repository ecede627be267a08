"""Training of the models that Lorgnette brings along; nothing of it is needed to run it."""
