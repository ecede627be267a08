"""Compiles and launches CUDA C++ at run time, with the driver and the compiler included in torch's CUDA builds.

torch's own way requires a CUDA toolkit and setuptools, of which a user has neither, and is slow to launch kernels. See
the manuals of NVRTC (https://docs.nvidia.com/cuda/nvrtc/) and of the driver API, modules and execution control
(https://docs.nvidia.com/cuda/cuda-driver-api/).
"""

import ctypes
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.cuda import _utils

Size = tuple[int, int, int]
Arguments = Sequence[Tensor | int | float]
Launch = Callable[[Size, Size, Arguments], None]
"""Launches a kernel on the current stream: grid, block, arguments.

Tensors are passed as pointers, numbers as int or double.
"""


def compile_kernels(source: str, names: Sequence[str]) -> dict[str, Launch]:
    """Compile the kernels `names` of `source` for the current GPU.

    Raises RuntimeError with the compiler's or the driver's message, and OSError if one of the two is missing.
    """
    torch.cuda.synchronize()  # The driver needs a context, which torch creates at its first operation.
    driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    module = ctypes.c_void_p()
    # The module is never unloaded: its kernels are used until the process ends.
    _check(driver.cuModuleLoadData(ctypes.byref(module), _cubin(source)), "loading kernels")
    return {name: _kernel(driver, module, name) for name in names}


def _kernel(driver: ctypes.CDLL, module: ctypes.c_void_p, name: str) -> Launch:
    function = ctypes.c_void_p()
    _check(driver.cuModuleGetFunction(ctypes.byref(function), module, name.encode()), f"finding {name}")
    start = driver.cuLaunchKernel

    def launch(grid: Size, block: Size, arguments: Arguments) -> None:
        values = [_as_c(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*map(ctypes.addressof, values))
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        _check(start(function, *grid, *block, 0, stream, pointers, None), f"launching {name}")

    return launch


def _as_c(argument: Tensor | float) -> ctypes.c_void_p | ctypes.c_int | ctypes.c_double:
    if isinstance(argument, Tensor):
        if not argument.is_contiguous():
            raise ValueError(f"a kernel was handed a tensor with strides {argument.stride()}")
        return ctypes.c_void_p(argument.data_ptr())
    return ctypes.c_int(argument) if isinstance(argument, int) else ctypes.c_double(argument)


def _cubin(source: str) -> bytes:
    """Compile to machine code for the current GPU."""
    nvrtc = cast(Any, _utils)._get_gpu_rtc_library()
    major, minor = torch.cuda.get_device_capability()
    options = (ctypes.c_char_p * 1)(f"--gpu-architecture=sm_{major}{minor}".encode())
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    _check(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None), "NVRTC")
    try:
        if nvrtc.nvrtcCompileProgram(program, len(options), options):
            nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
            log = ctypes.create_string_buffer(size.value)
            nvrtc.nvrtcGetProgramLog(program, log)
            raise RuntimeError(f"NVRTC: {log.value.decode(errors='replace')}")
        _check(nvrtc.nvrtcGetCUBINSize(program, ctypes.byref(size)), "NVRTC")
        cubin = ctypes.create_string_buffer(size.value)
        _check(nvrtc.nvrtcGetCUBIN(program, cubin), "NVRTC")
        return cubin.raw
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _check(result: int, doing: str) -> None:
    if result:
        raise RuntimeError(f"{doing}: error {result}")
