"""Batches on disk: journal, outputs, inputs."""
