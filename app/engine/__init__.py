"""Decodes untrusted files and runs models. No Qt; runs in child processes, but for `process.client`."""
