"""How the built-in reader runs its models: the settings that read best on real receipts, scans, signs and screenshots.

Each differs from rapidocr's default for a measured reason; tests/bench/bench_reading.py compares both in one run.
"""

DETECTION_SIDE = 960
"""The longer side, in pixels, to which an image is scaled for finding text; shorter ones are left as they are."""

SMALL_SIDE = 520
"""Images whose longer side is below this are doubled first: screenshots of a few words have letters of 8 pixels."""

BORDERED_SIDE = 1024
BORDER = 32
"""Images up to BORDERED_SIDE get a border of BORDER pixels, or text that touches the edge is missed."""

LINE_HEIGHT = 48
"""Pixels that the recogniser wants a line to be high."""

MIN_LINE_WIDTH = 256
"""Pixels to which shorter lines are filled up: 320 costs more for every word of a receipt, 160 loses letters."""

LINE_MARGIN = 0.1
"""How much more of a line is cut out at each end, in shares of its height."""

TALL = 1.5
"""A line so many times higher than wide runs from top to bottom."""

SAMPLE_LINES = 5
"""So many of the longest lines are read both ways where it is not clear which way is up."""

MIN_SCORE = 0.5
"""Lines that the recogniser believes in less are dropped."""


def parameters(threads: int) -> dict[str, object]:
    """Rapidocr's own parameter names, with the values that differ from its defaults."""
    return {
        "Global.log_level": "error",
        "Global.text_score": MIN_SCORE,
        # The direction classifier turns correct lines upside down; whole pages are turned in `rotation` instead.
        "Global.use_cls": False,
        "Global.use_preprocess_img": False,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
        "Rec.rec_img_shape": [3, LINE_HEIGHT, MIN_LINE_WIDTH],
        "Rec.rec_batch_num": 1,
        "Det.limit_type": "max",
        # Faint and thin lines are found, too; what is none reads as noise and is dropped.
        "Det.thresh": 0.25,
        "Det.box_thresh": 0.4,
        "Det.limit_side_len": DETECTION_SIDE,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
