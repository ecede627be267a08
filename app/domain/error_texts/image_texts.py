"""Errors of images, videos and documents that are added, read, asked about or written.

`READ`, `READ_STORED`, `ASKED` and `ASKED_STORED` have the wording of the same errors, by their ids, when the file is
read or asked about; the stored ones do not name the file, which has a digest for a name.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.domain.errors import ErrorText, ProblemKind

_IMAGE = ProblemKind.IMAGE
_PASSWORD = ProblemKind.PASSWORD
_UNCHANGED = "The file itself was not changed."
_NOT_ADDED = "It was not added; the file itself was not changed."
_NOT_OPENED = "It was not opened."
_EXPORT = "Save or export it as PNG or JPEG and drop that file."
_EXPORT_CLI = "Save or export it as PNG or JPEG and give that file."
_EXPORT_PAGE = "Export the page you need as PNG or JPEG and drop that."
_EXPORT_PAGE_CLI = "Export the page you need as PNG or JPEG and give that."

WEB_ADDRESS = ErrorText(
    "image.web_address",
    _IMAGE,
    "This is a web address. Lorgnette does not download images from the web.",
    todo="Save the image or copy it, then drop or paste it here.",
)
NO_PATH = ErrorText(
    "image.no_path",
    _IMAGE,
    "Files on a phone, a network share or in the trash (“{scheme}”) cannot be opened from there.",
    "Nothing was added.",
    "Copy them to a folder of this computer, then drop them here.",
)
LEFT_OUT = ErrorText(
    "image.left_out",
    _IMAGE,
    "Addresses on the web, and files on a phone, a network share or in the trash, were left out: {count}.",
    "The others were taken.",
    "Save or copy them to a folder of this computer, then drop them here.",
)
BAD_DATA_URL = ErrorText(
    "image.bad_data_url",
    _IMAGE,
    "The image is damaged or incomplete.",
    "It was not added.",
    "Copy an image, then try again.",
)
TOO_MANY_IMAGES = ErrorText(
    "image.too_many_images",
    _IMAGE,
    "These are {count} images; at most {most} are added at once.",
    todo="Paste fewer of them.",
)
NOT_ON_CLIPBOARD = ErrorText(
    "image.not_on_clipboard",
    _IMAGE,
    "There is no image on the clipboard.",
    todo="Copy an image, then try again.",
)
CAPTURE_REFUSED = ErrorText(
    "image.capture_refused",
    _IMAGE,
    "The desktop did not allow Lorgnette to capture the screen.",
    todo="Take a screenshot with your desktop's own tool and paste it with Ctrl+V.",
)
KEY_TAKEN = ErrorText(
    "image.key_taken",
    _IMAGE,
    "Another program has the key “{key}”.",
    "It captures no text.",
    "Choose another key in the settings.",
)
KEY_UNKNOWN = ErrorText(
    "image.key_unknown",
    _IMAGE,
    "“{key}” cannot be a key for all programs.",
    "It captures no text.",
    "Choose a key with Ctrl, Alt or Meta, such as Ctrl+Alt+T, or a function key.",
)
NO_GLOBAL_KEYS = ErrorText(
    "image.no_global_keys",
    _IMAGE,
    "Lorgnette cannot have a key of its own on this desktop.",
    "“{key}” captures no text.",
    "Bind “lorgnette --capture --text” to a key in the desktop's settings.",
)
NOT_FOUND = ErrorText(
    "image.not_found",
    _IMAGE,
    "“{file}” was not found.",
    todo="Check whether it was moved or renamed, then try again.",
)
UNREADABLE = ErrorText(
    "image.unreadable",
    _IMAGE,
    "“{file}” could not be read.",
    _NOT_ADDED,
    "Check its permissions and try again.",
    cli_kept=_UNCHANGED,
)
IS_FOLDER = ErrorText(
    "image.is_folder",
    _IMAGE,
    "“{file}” is a folder.",
    "It was not added.",
    "Drop the images inside it.",
    cli_kept="",
    cli_todo="Give the images inside it.",
)
NOT_REGULAR = ErrorText(
    "image.not_regular",
    _IMAGE,
    "“{file}” is not a regular file.",
    _NOT_OPENED,
    "Drop an image.",
    cli_todo="Give an image.",
)
EMPTY = ErrorText(
    "image.empty",
    _IMAGE,
    "“{file}” is empty (0 bytes).",
    "It was not added.",
    "Save it again.",
    cli_kept="",
)
TOO_LARGE = ErrorText(
    "image.too_large",
    _IMAGE,
    "“{file}” is larger than {megabytes} MB.",
    _NOT_ADDED,
    "Make it smaller.",
    cli_kept=_UNCHANGED,
    cli_todo="Give a smaller file.",
)
TOO_MANY_PIXELS = ErrorText(
    "image.too_many_pixels",
    _IMAGE,
    "“{file}” has {width} × {height} pixels, more than the {megapixels} megapixels that can be opened safely.",
    _NOT_ADDED,
    "Scale it down or crop it into parts, and drop those.",
    cli_kept=_UNCHANGED,
    cli_todo="Scale it down or crop it into parts, and give those.",
)
OUT_OF_MEMORY = ErrorText(
    "image.out_of_memory",
    _IMAGE,
    "There is not enough memory to open “{file}”.",
    _NOT_ADDED,
    "Make it smaller and try again.",
    cli_kept=_UNCHANGED,
)
DAMAGED = ErrorText(
    "image.damaged",
    _IMAGE,
    "“{file}” is damaged or incomplete.",
    _NOT_ADDED,
    "Get a fresh copy, or save it again in an image editor.",
    cli_kept=_UNCHANGED,
)
CUT_SHORT = ErrorText(
    "image.cut_short",
    _IMAGE,
    "“{file}” ends early: only the first {percent} % of the image is there.",
    "It was added as far as it goes.",
    "Get a fresh copy for the rest.",
)
NOT_AN_IMAGE = ErrorText(
    "image.not_an_image",
    _IMAGE,
    "“{file}” is not a supported image.",
    _NOT_ADDED,
    _EXPORT,
    cli_kept=_UNCHANGED,
    cli_todo=_EXPORT_CLI,
)
IS_PDF = ErrorText(
    "image.is_pdf",
    _IMAGE,
    "“{file}” is a PDF document, not an image.",
    _NOT_ADDED,
    _EXPORT_PAGE,
    cli_kept=_UNCHANGED,
    cli_todo=_EXPORT_PAGE_CLI,
)
IS_SVG = ErrorText(
    "image.is_svg",
    _IMAGE,
    "“{file}” is an SVG drawing, not an image.",
    _NOT_ADDED,
    _EXPORT,
    cli_kept=_UNCHANGED,
    cli_todo=_EXPORT_CLI,
)
IS_VIDEO = ErrorText(
    "image.is_video",
    _IMAGE,
    "“{file}” is a video, not an image.",
    _NOT_ADDED,
    "Take a screenshot of the moment you need and drop that.",
    cli_kept=_UNCHANGED,
    cli_todo="Take a screenshot of the moment you need and give that.",
)
IS_AUDIO = ErrorText(
    "image.is_audio",
    _IMAGE,
    "“{file}” is an audio file, not an image.",
    _NOT_ADDED,
    "Drop an image instead.",
    cli_kept=_UNCHANGED,
    cli_todo="Give an image instead.",
)
IS_OFFICE_DOCUMENT = ErrorText(
    "image.is_office_document",
    _IMAGE,
    "“{file}” is an office document, not an image.",
    _NOT_ADDED,
    _EXPORT_PAGE,
    cli_kept=_UNCHANGED,
    cli_todo=_EXPORT_PAGE_CLI,
)
IS_ARCHIVE = ErrorText(
    "image.is_archive",
    _IMAGE,
    "“{file}” is an archive, not an image.",
    _NOT_ADDED,
    "Unpack it and drop the images inside.",
    cli_kept=_UNCHANGED,
    cli_todo="Unpack it and give the images inside.",
)
IS_METAFILE = ErrorText(
    "image.is_metafile",
    _IMAGE,
    "“{file}” is a Windows metafile, not an image.",
    _NOT_ADDED,
    _EXPORT,
    cli_kept=_UNCHANGED,
    cli_todo=_EXPORT_CLI,
)
IS_PROGRAM = ErrorText(
    "image.is_program",
    _IMAGE,
    "“{file}” is a program, not an image.",
    _NOT_ADDED,
    "Drop an image instead.",
    cli_kept=_UNCHANGED,
    cli_todo="Give an image instead.",
)
IS_WEB_PAGE = ErrorText(
    "image.is_web_page",
    _IMAGE,
    "“{file}” is a web page, not an image.",
    _NOT_ADDED,
    "Take a screenshot of it and drop that.",
    cli_kept=_UNCHANGED,
    cli_todo="Take a screenshot of it and give that.",
)
IS_TEXT_FILE = ErrorText(
    "image.is_text_file",
    _IMAGE,
    "“{file}” is a text file, not an image.",
    _NOT_ADDED,
    "Paste the text into the message instead.",
    cli_kept=_UNCHANGED,
    cli_todo="Give an image instead.",
)
TOO_THIN = ErrorText(
    "image.too_thin",
    _IMAGE,
    "“{file}” is {ratio} times longer than wide, too long and thin for the model.",
    todo="Crop it into parts, or use Read text.",
    cli_todo="Crop it into parts, or read its text with “lorgnette ocr”.",
)
VIDEO_DAMAGED = ErrorText(
    "image.video_damaged",
    _IMAGE,
    "“{file}” is damaged, or in a format that cannot be opened.",
    _NOT_ADDED,
    "Save it as MP4 (H.264) and drop that file.",
    cli_kept=_UNCHANGED,
    cli_todo="Save it as MP4 (H.264) and give that file.",
)
VIDEO_OUT_OF_MEMORY = ErrorText(
    "image.video_out_of_memory",
    _IMAGE,
    "There is not enough memory to open “{file}”.",
    _NOT_ADDED,
    cli_kept=_UNCHANGED,
)
VIDEO_WITHOUT_PICTURES = ErrorText(
    "image.video_without_pictures",
    _IMAGE,
    "“{file}” is a video without pictures.",
    _NOT_ADDED,
    cli_kept=_UNCHANGED,
)
VIDEO_TOO_MANY_PIXELS = ErrorText(
    "image.video_too_many_pixels",
    _IMAGE,
    "“{file}” has more pixels than can be opened safely.",
    _NOT_ADDED,
    cli_kept=_UNCHANGED,
)
VIDEO_TOO_LONG = ErrorText(
    "image.video_too_long",
    _IMAGE,
    "“{file}” is {minutes:.0f} minutes long, too long for the model.",
    _NOT_ADDED,
    "Cut out the relevant part, at most {max_minutes} minutes.",
    cli_kept=_UNCHANGED,
)
PDF_DAMAGED = ErrorText(
    "image.pdf_damaged",
    _IMAGE,
    "“{file}” is damaged or incomplete.",
    _NOT_ADDED,
    "Get a fresh copy and drop that.",
    cli_kept=_UNCHANGED,
    cli_todo="Get a fresh copy and give that.",
)
PDF_WITHOUT_PAGES = ErrorText(
    "image.pdf_without_pages",
    _IMAGE,
    "“{file}” has no pages.",
    _NOT_ADDED,
    cli_kept=_UNCHANGED,
)
PDF_PROTECTED = ErrorText(
    "image.pdf_protected",
    _PASSWORD,
    "“{file}” is password-protected.",
    _NOT_OPENED,
    "Enter its password and try again.",
    cli_todo="Read it with “lorgnette ocr --password-file FILE”.",
)
PDF_OTHER_PASSWORD = ErrorText(
    "image.pdf_other_password",
    _PASSWORD,
    "“{file}” has a different password.",
    _NOT_OPENED,
    "Enter its password and try again.",
    cli_todo="Give its password with --password-file.",
)
PAGE_NOT_RENDERED = ErrorText(
    "image.page_not_rendered",
    _IMAGE,
    "A page of “{file}” could not be rendered.",
    _UNCHANGED,
)
PAGE_TOO_COMPLEX = ErrorText(
    "image.page_too_complex",
    _IMAGE,
    "A page of “{file}” is too complex to render.",
    "Other pages are not affected; the file itself was not changed.",
    "Save that page as PNG or JPEG with the program that created it.",
)
TOOK_TOO_LONG = ErrorText(
    "image.took_too_long",
    ProblemKind.ENGINE,
    "A page or image took too long and was abandoned.",
    "Other pages and images are not affected.",
    "Save it as a smaller PNG or JPEG and try again.",
)
"""Of a process that had to be ended."""


def _reworded(use: str, kept: str, cli_kept: str | None = None, *, is_stored: bool = False) -> Mapping[str, ErrorText]:
    """Return the texts above for a file that is not being added."""
    return {
        text.id: replace(
            text,
            id=f"{text.id}_{use}",
            what=_unnamed(text.what) if is_stored else text.what,
            kept=kept,
            cli_kept=cli_kept,
        )
        for text in _OF_A_FILE
    }


def _unnamed(what: str) -> str:
    """Return the sentence without the file's name."""
    sentence = what.replace("“{file}”", "the image")
    return sentence[0].upper() + sentence[1:]


_OF_A_FILE = (
    NOT_FOUND,
    UNREADABLE,
    IS_FOLDER,
    NOT_REGULAR,
    EMPTY,
    TOO_LARGE,
    TOO_MANY_PIXELS,
    OUT_OF_MEMORY,
    DAMAGED,
    NOT_AN_IMAGE,
    IS_PDF,
    IS_SVG,
    IS_VIDEO,
    IS_AUDIO,
    IS_OFFICE_DOCUMENT,
    IS_ARCHIVE,
    IS_METAFILE,
    IS_PROGRAM,
    IS_WEB_PAGE,
    IS_TEXT_FILE,
    TOO_THIN,
    VIDEO_DAMAGED,
    VIDEO_OUT_OF_MEMORY,
    VIDEO_WITHOUT_PICTURES,
    VIDEO_TOO_MANY_PIXELS,
    VIDEO_TOO_LONG,
    PDF_DAMAGED,
    PDF_WITHOUT_PAGES,
    PDF_PROTECTED,
    PDF_OTHER_PASSWORD,
    PAGE_NOT_RENDERED,
    PAGE_TOO_COMPLEX,
)
READ = _reworded("read", _UNCHANGED)
READ_STORED = _reworded("read_stored", _UNCHANGED, is_stored=True)
ASKED = _reworded("asked", "Your question is kept.", "")
ASKED_STORED = _reworded("asked_stored", "Your question is kept.", "", is_stored=True)

NOTHING_THERE = ErrorText(
    "image.nothing_there", _IMAGE, "“{file}” has nothing in that area.", todo="Choose another area."
)
NOT_READ_COMPLETELY = ErrorText(
    "image.not_read_completely",
    _IMAGE,
    "“{file}” could not be read completely.",
    todo="Check the drive and try again.",
)
