"""The OpenVINO runtime, for CPUs: graphs built from a checkpoint's tensors, and a paged KV cache."""
