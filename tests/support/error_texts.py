"""Errors of tests, with any wording."""

from app.domain.errors import ErrorText, ProblemKind


def error_text(what: str, kept: str = "", todo: str = "", kind: ProblemKind = ProblemKind.IMAGE) -> ErrorText:
    """The text of an error that no catalogue has; braces in it stay."""
    parts = (part.replace("{", "{{").replace("}", "}}") for part in (what, kept, todo))
    return ErrorText("", kind, *parts)
