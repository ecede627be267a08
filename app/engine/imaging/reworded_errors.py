"""Rewords errors about images that are not being added: those of the store, named by digests, were long before."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.domain.errors import ErrorText, ImageError, Problem

_DIGEST = re.compile("[0-9a-f]{64}")


@contextmanager
def reworded_image_errors(named: Mapping[str, ErrorText], stored: Mapping[str, ErrorText]) -> Iterator[None]:
    """Raise an ImageError of the block again with the text for its id, if there is one.

    It is from `stored` for a file whose name is a digest.
    """
    try:
        yield
    except ImageError as error:
        raise type(error)(_reworded(error.problem, named, stored)) from error


def _reworded(problem: Problem, named: Mapping[str, ErrorText], stored: Mapping[str, ErrorText]) -> Problem:
    arguments = dict(problem.arguments)
    is_stored = _DIGEST.fullmatch(str(arguments.get("file", ""))) is not None
    text = (stored if is_stored else named).get(problem.id)
    return text.problem(**arguments) if text else problem
