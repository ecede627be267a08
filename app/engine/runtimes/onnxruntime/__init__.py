"""The language model on ONNX Runtime, for CPUs without 16-bit arithmetic; OpenVINO encodes images there too."""
