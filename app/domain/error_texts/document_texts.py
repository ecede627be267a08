"""Errors of documents and images that are added, of questions about a page, and what the OCR says about pages."""

from app.domain.errors import ErrorText, ProblemKind

ONLY_FIRST_PAGES = ErrorText(
    "document.only_first_pages",
    ProblemKind.IMAGE,
    "“{file}” has {pages} pages; only the first {most} were added.",
    todo="Open it as a document to see all of them.",
)
ONLY_FIRST_PAGES_KEPT = ErrorText(
    "document.only_first_pages_kept",
    ProblemKind.IMAGE,
    "“{file}” has {pages} pages; only the first {most} were added.",
    "What is read in the document window is saved, so it is not opened there from a temporary chat.",
    "Add it to another chat, or keep this one first.",
)
DECODER_GONE = ErrorText(
    "document.decoder_gone",
    ProblemKind.IMAGE,
    "The image decoder did not answer or ended, so “{file}” was not added.",
    "The file itself was not changed.",
    "Try again: it will be restarted.",
)
DECODER_STOPPED = ErrorText(
    "document.decoder_stopped",
    ProblemKind.IMAGE,
    "“{file}” took too long or crashed the image decoder, so it was not added.",
    "The file itself was not changed.",
    "Open it in an image editor, save it as PNG, and drop that file.",
)
PLACE_UNKNOWN = ErrorText(
    "document.place_unknown",
    ProblemKind.STORAGE,
    "It is not known where the file of this document is.",
    "What was read on it is kept.",
    "Open the file as a document once more: then the search opens it.",
)
IS_TEMPORARY = ErrorText(
    "document.is_temporary",
    ProblemKind.IMAGE,
    "What is read in the document window is saved, so an image of a temporary chat is not opened there.",
    todo="Keep this chat first.",
)
FIELDS_INVALID = ErrorText(
    "document.fields_invalid",
    ProblemKind.ENGINE,
    "The model returned no valid fields, twice.",
    "The text read so far is kept.",
    "Ask for fewer fields, or try again.",
)

IMAGE_CUT_SHORT = ErrorText(
    "document.image_cut_short",
    ProblemKind.IMAGE,
    "This image file ends early: only the first {percent} % of the image is there, and that part was read.",
    todo="Get a fresh copy for the rest.",
)
ONLY_FIRST_IMAGE = ErrorText(
    "document.only_first_image",
    ProblemKind.IMAGE,
    "This is an animation: only the first of its {count} images was read.",
    cli_todo="Choose others with --pages.",
)
WRONG_FIGURES = ErrorText(
    "document.wrong_figures",
    ProblemKind.IMAGE,
    "The text in this PDF has other digits than the page shows: lines with digits were read in the picture.",
    todo="Copy no numbers from this PDF in other programs.",
)
NO_TEXT_FOUND = ErrorText("document.no_text_found", ProblemKind.IMAGE, "No text was found on this image.")
OCR_UNCERTAIN = ErrorText(
    "document.ocr_uncertain",
    ProblemKind.IMAGE,
    "The built-in OCR is uncertain about much of this.",
    todo="A vision model may do better.",
)
NO_MAIL_PROGRAM = ErrorText(
    "document.no_mail_program",
    ProblemKind.IMAGE,
    "The mail was not begun: no mail program was found.",
    todo="The address is {address}.",
)
