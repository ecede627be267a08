"""Prints read pages on standard output, so that one knows which file is which if there are several."""

from app.commands.terminal import print_content, show_progress
from app.domain.documents.page_formats import PageFormat, formatted
from app.domain.documents.pages import OcrPage
from app.domain.text.visible_text import visible

_TITLED = {PageFormat.MARKDOWN, PageFormat.HTML}
"""Formats with a heading for each page; the others have the file's name in each page or line, or nowhere."""


class PagePrinter:
    """Prints the pages of one or of several files in a format.

    Of several files, each text is below a line with the file's name, as `head` and `tail` print it, and an empty line
    is between two; Markdown and HTML have their headings. Of a file alone no name is printed.
    """

    def __init__(self, form: PageFormat, *, is_alone: bool) -> None:
        self._form = form
        self._is_alone = is_alone
        self._name = ""
        self._is_named = True
        self._is_first = True

    def begin(self, name: str) -> None:
        """Begin the file called `name`; nothing is printed before its first page."""
        self._name = name
        self._is_named = self._is_alone or self._form is not PageFormat.TEXT

    def print_page(self, page: OcrPage, number: int, of: str) -> None:
        """Print a page, by its number from 0; `of` is its name."""
        is_apart = not self._is_named or self._form is PageFormat.MARKDOWN
        parts = [
            "\n" if is_apart and not self._is_first else "",
            "" if self._is_named else f"==> {visible(self._name)} <==\n",
            formatted(page, self._title(number, of), self._form, number),
        ]
        self._is_named, self._is_first = True, False
        show_progress("")
        print_content("".join(parts))

    def _title(self, number: int, of: str) -> str:
        if not self._is_alone or self._form not in _TITLED:
            return of
        return "" if of == self._name else f"Page {number + 1}"
