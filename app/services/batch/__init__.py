"""Batches: the queue, and the steps for each image."""
