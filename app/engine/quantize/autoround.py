"""Runs AutoRound; the only module that uses it. It gets objects, never a path or a name, so that it fetches nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.domain.error_texts import checkpoint_texts, quantize_texts
from app.domain.errors import CheckpointError, QuantizeError
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.image_patches import load_patches
from app.engine.quantize.block_progress import BlockBar, BlockProgress, counting_blocks
from app.engine.quantize.calibration import Calibration
from app.engine.quantize.recipe import BITS, GROUP_SIZE, Recipe


def quantize_to(
    folder: Path, base: Checkpoint, recipe: Recipe, calibration: Calibration, progress: BlockProgress
) -> None:
    """Quantise the text model of `base` and write the whole model, without tokenizer and the like, into `folder`.

    Raises QuantizeError if AutoRound fails, CheckpointError if Hugging Face's model does not accept the weights.
    """
    handler = _StrictHandler()
    with _translated(handler):
        from auto_round import AutoRound, RTNConfig, SignRoundConfig  # noqa: PLC0415 - slow, and an extra
        from auto_round.schemes import QuantizationScheme  # noqa: PLC0415

        # Images differ in their position ids, of which AutoRound keeps one set per batch: they run one by one.
        is_one_by_one = bool(calibration.images)
        batch = 1 if is_one_by_one else min(recipe.batch_size, calibration.samples)
        tuning = SignRoundConfig(
            iters=recipe.iters, gradient_accumulate_steps=recipe.batch_size if is_one_by_one else 1
        )
        with _logging_to(handler), counting_blocks(BlockBar(recipe.iters, progress)):
            AutoRound(
                _load(base),
                tokenizer=_tokenizer(base),
                processor=_tokenizer(base),
                scheme=QuantizationScheme(bits=BITS, group_size=GROUP_SIZE, sym=True, data_type="int"),
                alg_configs=tuning if recipe.iters else RTNConfig(),
                dataset=_Batches(base, calibration, batch),
                nsamples=calibration.samples,
                seqlen=calibration.longest,
                batch_size=batch,
                device_map="cuda" if torch.cuda.is_available() else "cpu",
                low_gpu_mem_usage=True,
                enable_torch_compile=False,
            ).quantize_and_save(str(folder), format=recipe.packing.value)
    _unnest(folder)
    _store_as_in(base, folder)


class _Batches:
    """The model's keyword arguments, batch by batch; pixels are read when their batch is reached."""

    def __init__(self, base: Checkpoint, calibration: Calibration, batch_size: int) -> None:
        self._base = base
        self._calibration = calibration
        self._batch_size = batch_size

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        config = self._base.config
        for sample in self._calibration.images:
            patches = load_patches(sample.path, config.vision, self._base.preprocessor, sample.pixel_budget)
            tokens = torch.tensor([sample.token_ids])
            yield {
                "input_ids": tokens,
                "mm_token_type_ids": (tokens == config.image_token).long(),
                "pixel_values": torch.from_numpy(patches.pixels),
                "image_grid_thw": torch.tensor([patches.grid_thw]),
            }
        windows = self._calibration.windows
        for start in range(0, len(windows), self._batch_size):
            yield {"input_ids": torch.tensor(windows[start : start + self._batch_size])}


def _load(base: Checkpoint) -> Any:  # noqa: ANN401 - transformers is not typed
    from transformers import Qwen3VLForConditionalGeneration  # noqa: PLC0415

    load: Any = Qwen3VLForConditionalGeneration.from_pretrained
    model, info = load(
        base.folder,
        dtype="auto",
        local_files_only=True,
        use_safetensors=True,
        attn_implementation="sdpa",  # A config may name someone's kernel on a hub.
        output_loading_info=True,
    )
    if wrong := sorted({*info["missing_keys"], *(str(key) for key in info["mismatched_keys"])}):
        raise CheckpointError(checkpoint_texts.TENSOR_NOT_LOADED, tensor=wrong[0])
    # AutoRound looks for more files in the place that the model came from, and names its folder after it.
    model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001
    return model.eval()


def _tokenizer(base: Checkpoint) -> Any:  # noqa: ANN401
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    create: Any = PreTrainedTokenizerFast
    return create(tokenizer_file=str(base.tokenizer_path), eos_token="<|im_end|>", pad_token="<|endoftext|>")  # noqa: S106


class _StrictHandler(logging.Handler):
    """Ends the run when AutoRound would continue without samples that it could not use; stores its last error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last_error = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "forward pass failed" in message:
            raise QuantizeError(quantize_texts.SAMPLE_UNUSABLE, reason=message[:200])
        if record.levelno >= logging.ERROR:
            self.last_error = message[:200]


@contextmanager
def _logging_to(handler: _StrictHandler) -> Iterator[None]:
    logger = logging.getLogger("autoround")
    handlers, level = logger.handlers, logger.level
    logger.handlers = [handler]
    logger.setLevel(logging.WARNING)  # AR_LOG_LEVEL may have silenced it.
    try:
        yield
    finally:
        logger.handlers = handlers
        logger.setLevel(level)


@contextmanager
def _translated(handler: _StrictHandler) -> Iterator[None]:
    """Translate the ways in which AutoRound fails into QuantizeError."""
    try:
        yield
    except SystemExit as error:  # Raised by its loader on Apple without mlx, and if it finds no data.
        if handler.last_error:
            raise QuantizeError(quantize_texts.GAVE_UP, reason=handler.last_error) from error
        raise QuantizeError(quantize_texts.GAVE_UP_WITHOUT_MESSAGE) from error
    except MemoryError as error:
        raise QuantizeError(quantize_texts.OUT_OF_MEMORY) from error
    except RuntimeError as error:
        if "allocate memory" in str(error) or "out of memory" in str(error):
            raise QuantizeError(quantize_texts.OUT_OF_MEMORY) from error
        raise


def _store_as_in(base: Checkpoint, folder: Path) -> None:
    """Restore the dtype of tensors that were not quantised: on CPUs without bf16 AutoRound leaves them in 32 bits.

    This is lossless, since they came from 16 bits.
    """
    from safetensors.torch import load_file, save_file  # noqa: PLC0415

    kinds = {"BF16": torch.bfloat16, "F16": torch.float16}
    for path in folder.glob("*.safetensors"):
        tensors = load_file(path)
        wide = {
            name: kinds[base.tensors.entries[name].dtype]
            for name, tensor in tensors.items()
            if tensor.dtype is torch.float32
            and name in base.tensors.entries
            and base.tensors.entries[name].dtype in kinds
        }
        if wide:
            narrow = {name: tensor.to(wide.get(name, tensor.dtype)) for name, tensor in tensors.items()}
            save_file(narrow, path, metadata={"format": "pt"})


def _unnest(folder: Path) -> None:
    """Move the files out of the folder that AutoRound creates inside the given one."""
    (inner,) = (path for path in folder.iterdir() if path.is_dir())
    for path in inner.iterdir():
        path.rename(folder / path.name)
    inner.rmdir()
