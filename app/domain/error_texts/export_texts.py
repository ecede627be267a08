"""Errors of images and documents that are saved or exported."""

from app.domain.errors import ErrorText, ProblemKind

_IMAGE = ProblemKind.IMAGE
_PASSWORD = ProblemKind.PASSWORD
_CHECK_SPACE = "Check the free space on the drive and try again."
_UNCHANGED = "The file itself was not changed."

NOT_SAVED = ErrorText("export.not_saved", _IMAGE, "The image could not be saved.", todo=_CHECK_SPACE)
NOT_WRITTEN = ErrorText("export.not_written", _IMAGE, "“{file}” could not be written.", todo=_CHECK_SPACE)
WOULD_REPLACE_ORIGINAL = ErrorText(
    "export.would_replace_original",
    _IMAGE,
    "“{file}” was not saved because it would replace the original.",
    "The original was not changed.",
    "Choose another name or another folder.",
)
NOT_SEARCHABLE = ErrorText(
    "export.not_searchable",
    _IMAGE,
    "“{file}” could not be made searchable: it is damaged.",
    _UNCHANGED,
)
NOT_SEARCHABLE_PROTECTED = ErrorText(
    "export.not_searchable_protected",
    _PASSWORD,
    "“{file}” is password-protected.",
    todo="Enter its password.",
    cli_todo="Give its password with --password-file.",
)
NOT_ARCHIVAL = ErrorText(
    "export.not_archival",
    _IMAGE,
    "“{file}” cannot become PDF/A: it has parts that PDF/A does not allow, such as fonts that are not embedded.",
    "Nothing was written.",
    "Save it without PDF/A.",
)
