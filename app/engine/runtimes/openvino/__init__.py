"""The OpenVINO runtime, for CPUs: graphs built from a checkpoint's tensors, and a paged KV cache."""

import sys
from types import ModuleType
from typing import cast

# Importing OpenVINO would also import its converter, and that its telemetry. Neither has anything to do here.
sys.modules.setdefault("openvino.tools.ovc", cast(ModuleType, None))
