"""Who reads the text of an image."""

from enum import StrEnum


class ReaderChoice(StrEnum):
    """The built-in reader, the model, or (AUTO) the model where the reader is unsure and a model is given."""

    AUTO = "auto"
    BUILT_IN = "builtin"
    MODEL = "model"
