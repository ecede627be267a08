"""The one place that talks to AutoRound. It is given objects, never a path or a name, so that it fetches nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.domain.errors import CheckpointError, QuantizeError
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.generation.image_patches import load_patches
from app.engine.quantize.block_progress import BlockBar, BlockProgress, counting_blocks
from app.engine.quantize.calibration import Calibration
from app.engine.quantize.recipe import BITS, GROUP_SIZE, Recipe


def quantize_to(
    folder: Path, base: Checkpoint, recipe: Recipe, calibration: Calibration, progress: BlockProgress
) -> None:
    """Quantise the text model of `base` and write all of it, without tokenizer and the like, into `folder`.

    Raises QuantizeError where AutoRound gives up, CheckpointError where Hugging Face's model does not take the weights.
    """
    ears = _Strict()
    with _translated(ears):
        from auto_round import AutoRound, RTNConfig, SignRoundConfig  # noqa: PLC0415 - slow, and an extra
        from auto_round.schemes import QuantizationScheme  # noqa: PLC0415

        # Images differ in their positions, of which AutoRound keeps one set a batch: they go one by one.
        is_one_by_one = bool(calibration.images)
        batch = 1 if is_one_by_one else min(recipe.batch_size, calibration.samples)
        tuning = SignRoundConfig(
            iters=recipe.iters, gradient_accumulate_steps=recipe.batch_size if is_one_by_one else 1
        )
        with _heard_by(ears), counting_blocks(BlockBar(recipe.iters, progress)):
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
    """What the model is called with, batch by batch; pixels are read when their turn comes."""

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
        raise CheckpointError(f"The model lacks the tensor {wrong[0]}.", todo="Download the model again.")
    # AutoRound looks for more files where the model came from, and names its folder after that.
    model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001
    return model.eval()


def _tokenizer(base: Checkpoint) -> Any:  # noqa: ANN401
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    create: Any = PreTrainedTokenizerFast
    return create(tokenizer_file=str(base.tokenizer_path), eos_token="<|im_end|>", pad_token="<|endoftext|>")  # noqa: S106


class _Strict(logging.Handler):
    """Ends the run where AutoRound would go on without samples that it could not use; keeps its last error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last_error = "it ended without a word"

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "forward pass failed" in message:
            raise QuantizeError(
                f"A calibration sample could not be used ({message[:200]}).", kept="Nothing was left behind."
            )
        if record.levelno >= logging.ERROR:
            self.last_error = message[:200]


@contextmanager
def _heard_by(ears: _Strict) -> Iterator[None]:
    logger = logging.getLogger("autoround")
    handlers, level = logger.handlers, logger.level
    logger.handlers = [ears]
    logger.setLevel(logging.WARNING)  # AR_LOG_LEVEL may have made it deaf.
    try:
        yield
    finally:
        logger.handlers = handlers
        logger.setLevel(level)


@contextmanager
def _translated(ears: _Strict) -> Iterator[None]:
    """AutoRound's ways to give up, in words."""
    try:
        yield
    except SystemExit as error:  # Its loader on Apple without mlx, and wherever it finds no data.
        raise QuantizeError(f"AutoRound gave up ({ears.last_error}).", kept="Nothing was left behind.") from error
    except MemoryError as error:
        raise _out_of_memory() from error
    except RuntimeError as error:
        if "allocate memory" in str(error) or "out of memory" in str(error):
            raise _out_of_memory() from error
        raise


def _out_of_memory() -> QuantizeError:
    return QuantizeError(
        "The memory was not enough to quantise this model.",
        kept="Nothing was left behind.",
        todo="Close other programs, or use fewer --samples or a smaller --seqlen.",
    )


def _store_as_in(base: Checkpoint, folder: Path) -> None:
    """Give tensors that were not quantised the type they had: on CPUs without bf16 AutoRound leaves them in 32 bits.

    Nothing is rounded by it, since they came from 16 bits.
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
    """AutoRound names a folder of its own inside the one it is given."""
    (inner,) = (path for path in folder.iterdir() if path.is_dir())
    for path in inner.iterdir():
        path.rename(folder / path.name)
    inner.rmdir()
