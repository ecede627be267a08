"""The OpenVINO runtime, for CPUs and Intel graphics cards: graphs from a checkpoint's tensors, a paged KV cache."""

import sys
from types import ModuleType
from typing import cast

# Importing OpenVINO would also import its converter, and that its telemetry. Neither has anything to do here.
sys.modules.setdefault("openvino.tools.ovc", cast(ModuleType, None))
