"""Getting models from a hub: its API, and downloads that go on where they were."""
