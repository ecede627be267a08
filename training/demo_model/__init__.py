"""The demo model: a tiny Qwen3-VL that reads short printed text."""
