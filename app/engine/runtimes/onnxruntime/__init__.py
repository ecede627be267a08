"""The language model on ONNX Runtime, for CPUs without 16-bit arithmetic; images are OpenVINO's there too."""
