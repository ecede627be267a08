"""Errors about images that are read or asked about: what was kept is said, and no digest."""

import pytest

from app.domain.error_texts import ALL_TEXTS, export_texts, image_texts, texts_in
from app.domain.errors import ImageError, PasswordNeeded, ProblemKind
from app.engine.imaging.reworded_errors import reworded_image_errors

DIGEST = "0a" * 32


def test_a_file_keeps_its_name_and_says_what_was_kept() -> None:
    with pytest.raises(ImageError) as met, reworded_image_errors(image_texts.READ, image_texts.READ_STORED):
        raise ImageError(image_texts.TOO_LARGE, file="scan.tif", megabytes=512)
    problem = met.value.problem
    assert problem.sentence == "“scan.tif” is larger than 512 MB. The file itself was not changed. Make it smaller."
    assert ALL_TEXTS[problem.id].problem(**dict(problem.arguments)) == problem


def test_an_image_of_the_store_is_not_named_and_its_error_keeps_its_class_and_kind() -> None:
    with pytest.raises(PasswordNeeded) as met, reworded_image_errors(image_texts.ASKED, image_texts.ASKED_STORED):
        raise PasswordNeeded(image_texts.PDF_PROTECTED, file=DIGEST)
    problem = met.value.problem
    assert problem.kind is ProblemKind.PASSWORD
    assert (problem.what, problem.kept) == ("The image is password-protected.", "Your question is kept.")
    assert problem.todo == "Enter its password and try again."


def test_an_error_without_another_wording_stays_as_it_is() -> None:
    with pytest.raises(ImageError) as met, reworded_image_errors(image_texts.READ, image_texts.READ_STORED):
        raise ImageError(export_texts.NOT_SAVED)
    assert met.value.problem == export_texts.NOT_SAVED.problem()


def test_no_error_about_adding_a_file_is_left_when_it_was_not_being_added() -> None:
    adding = {text.id for text in texts_in(image_texts) if text.kept.startswith("It was not added")}
    adding.remove(image_texts.BAD_DATA_URL.id)  # It is pasted: no process has been given a file.
    for texts in (image_texts.READ, image_texts.READ_STORED, image_texts.ASKED, image_texts.ASKED_STORED):
        assert adding <= texts.keys()
    for text in (*image_texts.READ_STORED.values(), *image_texts.ASKED_STORED.values()):
        assert "{file}" not in text.what
        assert text.what[0].isupper()
