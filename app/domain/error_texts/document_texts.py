"""Errors of documents and images that are added, and of questions about a page."""

from app.domain.errors import ErrorText, ProblemKind

ONLY_FIRST_PAGES = ErrorText(
    "document.only_first_pages",
    ProblemKind.IMAGE,
    "“{file}” has {pages} pages; only the first {most} were added.",
    todo="Open it as a document to see all of them.",
)
DECODER_STOPPED = ErrorText(
    "document.decoder_stopped",
    ProblemKind.IMAGE,
    "“{file}” took too long or crashed the image decoder, so it was not added.",
    "The file itself was not changed.",
    "Open it in an image editor, save it as PNG, and drop that file.",
)
FIELDS_INVALID = ErrorText(
    "document.fields_invalid",
    ProblemKind.ENGINE,
    "The model returned no valid fields, twice.",
    "The text read so far is kept.",
    "Ask for fewer fields, or try again.",
)
