"""The OpenVINO runtime, for CPUs and Intel GPUs: graphs from a checkpoint's tensors, a paged KV cache."""

import sys
from types import ModuleType
from typing import cast

# Importing OpenVINO would also import its converter, which imports its telemetry. Neither is needed here.
sys.modules.setdefault("openvino.tools.ovc", cast(ModuleType, None))
