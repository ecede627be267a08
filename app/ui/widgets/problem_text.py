"""A Problem in the current language."""

from app.domain.documents.pages import OcrPage
from app.domain.error_texts import reworded
from app.domain.errors import Problem
from app.ui.widgets.i18n import sentences, tr


def translated(problem: Problem) -> Problem:
    """Return a problem with its parts in the current language; in English if another version has stored it."""
    return reworded(problem, lambda text: text.parts, tr)


def problem_sentence(problem: Problem) -> str:
    """Return what happened, what was kept and what to do, in the current language."""
    worded = translated(problem)
    return sentences(worded.what, worded.kept, worded.todo)


def page_notice(page: OcrPage) -> str:
    """Return the notice of a page in the current language; in English if version 0.1 has stored it."""
    return problem_sentence(page.notice_problem) if page.notice_problem else page.notice
