"""What is said where a download does not fit."""

import pytest

from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.storage.files.free_space import SPARE_BYTES, check_free_space


@pytest.mark.parametrize(
    ("missing", "free", "words"),
    [
        (2_040_000_000, 2_010_000_000, "2.1 GB to come, 2.0 GB free"),
        (3_000_000, 0, "0.1 GB to come, 0.0 GB free"),
        (5_000_000_000, -1, "5.0 GB to come, 0.0 GB free"),
    ],
)
def test_what_is_missing_is_never_told_as_if_it_fitted(missing: int, free: int, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        check_free_space(missing, free + SPARE_BYTES, storage_texts.NO_SPACE_TO_DOWNLOAD)


def test_what_fits_is_no_error() -> None:
    check_free_space(1000, SPARE_BYTES + 1000, storage_texts.NO_SPACE_TO_DOWNLOAD)
