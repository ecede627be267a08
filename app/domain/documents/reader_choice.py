"""The choice of what reads the text of an image."""

from enum import StrEnum


class ReaderChoice(StrEnum):
    """The built-in OCR, the model, or (AUTO) the model if the OCR is unsure and a model is given."""

    AUTO = "auto"
    BUILT_IN = "builtin"
    MODEL = "model"
