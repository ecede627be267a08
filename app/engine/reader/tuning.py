"""Settings of the built-in OCR's models: those that read best on real receipts, scans, signs and screenshots.

Each differs from rapidocr's default for a measured reason; benchmarks/bench_reading.py compares both in one run.
"""

from app.domain.documents.pages import UNCERTAIN_SCORE

DETECTION_SIDE = 960
"""Longer side in pixels to which an image is scaled for text detection; smaller images keep their size."""

SMALL_SIDE = 520
"""Longer side in pixels below which an image is doubled first: small screenshots have letters of 8 pixels."""

BORDERED_SIDE = 1024
BORDER = 32
"""Border in pixels around images up to BORDERED_SIDE; without it, text that touches the edge is missed."""

LINE_HEIGHT = 48
"""Height in pixels of a line that is passed to the recogniser."""

MAX_LINE_WIDTH = 12_000
"""Maximum width in pixels of such a line: 250 times its height, as no line of text is; it bounds memory."""

MIN_LINE_WIDTH = 256
"""Width in pixels to which shorter lines are padded: 320 costs more for every word of a receipt, 192 saves a fifth of
short lines' time, and of 23 receipts loses 0.2 % of the words.
"""

LINE_MARGIN = 0.1
"""Margin that is added at each end of a line's crop, as a fraction of its height."""

MIN_COLUMNS, MIN_DENSE_LETTERS, STRETCH = 1.75, 4, 1.35
"""Columns of the network's output for a letter, below which a line of so many letters is read again, that much wider.

The network needs a column between two letters that are the same: "coffee" in a box of twice the text's height, or in a
fax of half the resolution, is read as "coffe". Usual text has 2.3 to 2.6.
"""

TALL = 1.5
"""Ratio of height to width above which a line runs from top to bottom."""

SAMPLE_LINES = 5
"""Number of the longest lines that are read both ways if the orientation is not clear."""


def parameters(threads: int) -> dict[str, object]:
    """Return rapidocr's own parameter names with the values that differ from its defaults."""
    return {
        "Global.log_level": "error",
        "Global.text_score": UNCERTAIN_SCORE,
        # The direction classifier turns correct lines upside down; `rotation` rotates whole pages instead.
        "Global.use_cls": False,
        "Global.use_preprocess_img": False,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
        "Det.limit_type": "max",
        # Faint and thin lines are detected, too; false detections read as noise.
        "Det.thresh": 0.25,
        "Det.box_thresh": 0.4,
        "Det.limit_side_len": DETECTION_SIDE,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
