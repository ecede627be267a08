"""Finds titles, figures, captions, headers, footers and formulas on a page with a small detector (PP-PicoDet, CDLA).

The model is in resources/layout_model, beside its model card. It knows pages of papers and books, and says little that
is right about newspapers, forms and screens: `page_blocks` decides what to believe, and the order is found without it.
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from app.domain.documents.blocks import Area, BlockKind
from app.domain.images.geometry import Box
from app.paths import RESOURCES

MODEL = RESOURCES / "layout_model" / "layout_cdla.onnx"
WIDTH, HEIGHT = 608, 800
"""Size in pixels to which a page is scaled, whatever its proportions."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of the channels red, green and blue in the data that the model was trained on."""

STRIDES = (8, 16, 32, 64)
BINS = 8
"""Each side's distance from a cell's centre is the mean of this many bins, in strides."""

MIN_SCORE, MAX_OVERLAP = 0.5, 0.5
"""Minimum confidence of an area, and maximum intersection over union with a better one."""

KINDS = (
    BlockKind.PARAGRAPH,
    BlockKind.HEADING,
    BlockKind.FIGURE,
    BlockKind.CAPTION,
    BlockKind.TABLE,
    BlockKind.CAPTION,
    BlockKind.HEADER,
    BlockKind.FOOTER,
    BlockKind.PARAGRAPH,
    BlockKind.FORMULA,
)
"""Kinds of the classes: text, title, figure, its caption, table, its caption, header, footer, reference, equation."""

Floats = npt.NDArray[np.float32]


def find_areas(image: Image.Image) -> list[Area]:
    """Return the areas of an upright RGB page, best first, in its pixels."""
    pixels = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR), np.float32) / 255
    normal = (pixels - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    outputs = _session(MODEL).run(None, {"image": normal.transpose(2, 0, 1)[None]})
    scores = np.concatenate([output[0] for output in outputs[: len(STRIDES)]])
    boxes = np.concatenate([_boxes(*pair) for pair in zip(outputs[len(STRIDES) :], STRIDES, strict=True)])
    boxes *= np.array([image.width / WIDTH, image.height / HEIGHT] * 2, np.float32)
    boxes = np.clip(boxes, 0, [image.width, image.height] * 2)
    best = scores.max(axis=1)
    kept: list[int] = []
    for number in np.argsort(-best)[: int((best >= MIN_SCORE).sum())].tolist():
        if all(_overlap(boxes[number], boxes[other]) <= MAX_OVERLAP for other in kept):
            kept.append(number)
    kinds = scores.argmax(axis=1)
    return [Area(KINDS[kinds[number]], Box(*boxes[number].tolist()), float(best[number])) for number in kept]


def _boxes(output: Floats, stride: int) -> Floats:
    """Return float32 [cells, 4], the edges in pixels of the scaled page, from the bins float32 [1, cells, 4 * BINS]."""
    columns, rows = -(-WIDTH // stride), -(-HEIGHT // stride)
    across, down = np.meshgrid(np.arange(columns), np.arange(rows))
    centres = (np.stack([across, down], axis=-1).reshape(-1, 2) + 0.5) * stride
    bins = output[0].reshape(-1, 4, BINS)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    distances = stride * (weights @ np.arange(BINS, dtype=np.float32)) / weights.sum(axis=2)
    return np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1).astype(np.float32)


def _overlap(box: Floats, other: Floats) -> float:
    """Return the intersection over the union of two boxes."""
    sides = np.maximum(0, np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]))
    common = float(sides.prod())
    union = float((box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod()) - common
    return common / max(union, 1e-6)


@cache
def _session(model: Path) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()  # On Windows it would report each session to the system.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
