"""Errors of the disk, the data folder, the chat database and its backups."""

from typing import NamedTuple

from app.domain.errors import ErrorText, ProblemKind

_STORAGE = ProblemKind.STORAGE
_ON_SCREEN = "What is on screen is kept."
_UNCHANGED = "Nothing was changed."
_SAVED = "Everything already saved is safe."

DATABASE_DISK_FULL = ErrorText(
    "storage.database_disk_full",
    _STORAGE,
    "The disk is full, so this could not be saved.",
    "What is on screen is kept, and everything already saved is safe.",
    "Free some space, then try again.",
)
DATABASE_BUSY = ErrorText(
    "storage.database_busy",
    _STORAGE,
    "The chat database is in use by another program, so this could not be saved.",
    _ON_SCREEN,
    "Close the other program, then try again.",
)
DATABASE_READ_ONLY = ErrorText(
    "storage.database_read_only",
    _STORAGE,
    "The data folder is not writable, so this could not be saved.",
    _ON_SCREEN,
    "Check the folder's permissions, then try again.",
)
DATABASE_DISK_FAILED = ErrorText(
    "storage.database_disk_failed",
    _STORAGE,
    "The disk reported an error, so this could not be saved.",
    _ON_SCREEN,
    "Check the drive, then try again.",
)
DATABASE_DAMAGED = ErrorText(
    "storage.database_damaged",
    _STORAGE,
    "The chat database is damaged.",
    _ON_SCREEN,
    "Copy what you need, then start Lorgnette again: it keeps the damaged file and offers a backup.",
)
DATABASE_OF_NEWER_VERSION = ErrorText(
    "storage.database_of_newer_version",
    _STORAGE,
    "These chats were written by a newer version of Lorgnette.",
    "They were not changed.",
    "Install the newer version, or start this one with another --data folder.",
)

_NOT_OPENED = "The chats cannot be opened: "
_IN_ITS_PLACE = " is in the place of the file {file} in {folder}."
_MOVE_IT = "Move it elsewhere, then start Lorgnette again."
_MOVE_IT_AND_RESTORE = "Move it elsewhere, then start Lorgnette again: it offers to restore the chats from a backup."
DATABASE_IS_LINK = ErrorText(
    "storage.database_is_link",
    _STORAGE,
    f"{_NOT_OPENED}a link that leads nowhere{_IN_ITS_PLACE}",
    _UNCHANGED,
    "Move it elsewhere, or connect the drive that it leads to, then start Lorgnette again.",
)
DATABASE_IS_LINK_WITH_BACKUP = ErrorText(
    "storage.database_is_link_with_backup",
    _STORAGE,
    f"{_NOT_OPENED}a link that leads nowhere{_IN_ITS_PLACE}",
    _UNCHANGED,
    "Move it elsewhere, or connect the drive that it leads to, then start Lorgnette again: it offers to restore the "
    "chats from a backup.",
)
DATABASE_IS_FOLDER = ErrorText(
    "storage.database_is_folder",
    _STORAGE,
    f"{_NOT_OPENED}a folder{_IN_ITS_PLACE}",
    _UNCHANGED,
    _MOVE_IT,
)
DATABASE_IS_FOLDER_WITH_BACKUP = ErrorText(
    "storage.database_is_folder_with_backup",
    _STORAGE,
    f"{_NOT_OPENED}a folder{_IN_ITS_PLACE}",
    _UNCHANGED,
    _MOVE_IT_AND_RESTORE,
)
DATABASE_IS_DEVICE = ErrorText(
    "storage.database_is_device",
    _STORAGE,
    f"{_NOT_OPENED}a pipe or a device{_IN_ITS_PLACE}",
    _UNCHANGED,
    _MOVE_IT,
)
DATABASE_IS_DEVICE_WITH_BACKUP = ErrorText(
    "storage.database_is_device_with_backup",
    _STORAGE,
    f"{_NOT_OPENED}a pipe or a device{_IN_ITS_PLACE}",
    _UNCHANGED,
    _MOVE_IT_AND_RESTORE,
)

_ASIDE = "The damaged database is kept as {file} in {folder}; no images are removed while it exists."
_REST_ASIDE = "What is left of it is kept as {file} in {folder}; no images are removed while that exists."
CHATS_DAMAGED = ErrorText(
    "storage.chats_damaged",
    ProblemKind.CHATS_DAMAGED,
    "The chat database is damaged, so an empty one was created.",
    _ASIDE,
)
CHATS_EMPTY = ErrorText(
    "storage.chats_empty",
    ProblemKind.CHATS_DAMAGED,
    "The chat database is empty, so a new one was created.",
    _REST_ASIDE,
)
CHATS_MISSING = ErrorText(
    "storage.chats_missing",
    ProblemKind.CHATS_DAMAGED,
    "The chat database is missing, so a new one was created.",
    _REST_ASIDE,
)
CHATS_NOT_RESTORED = ErrorText(
    "storage.chats_not_restored",
    ProblemKind.CHATS_DAMAGED,
    "The chat database was damaged or missing, and your chats have not been restored.",
    _REST_ASIDE,
)

_REST_IS_INTACT = "Everything else is intact."
_RESTORE_IN_MENU = "To get it back, restore chats from a backup in the menu."
ONE_ROW_DAMAGED = ErrorText(
    "storage.one_row_damaged",
    _STORAGE,
    "One of your chats or messages is damaged and cannot be fully read.",
    _REST_IS_INTACT,
    _RESTORE_IN_MENU,
)
ROWS_DAMAGED = ErrorText(
    "storage.rows_damaged",
    _STORAGE,
    "{rows} of your chats and messages are damaged and cannot be fully read.",
    _REST_IS_INTACT,
    _RESTORE_IN_MENU,
)
BACKUP_NOT_RESTORED = ErrorText(
    "storage.backup_not_restored",
    _STORAGE,
    "Chats could not be restored from {file} ({reason}).",
    "Your chats are unchanged.",
    "Try another backup.",
)
BACKUP_NOT_DELETED = ErrorText(
    "storage.backup_not_deleted",
    _STORAGE,
    "The backup {file} could not be deleted ({reason}).",
    "The chats are as they were.",
    "Check the permissions of its folder, then try again.",
)

IMAGE_NAME_INVALID = ErrorText(
    "storage.image_name_invalid",
    ProblemKind.IMAGE,
    "An image has an invalid name, so it was not opened.",
    "It is unchanged.",
)
IMAGE_CHANGED = ErrorText(
    "storage.image_changed",
    ProblemKind.IMAGE,
    "“{file}” changed while it was being added.",
    "It was not added.",
    "Drop it again once it is complete.",
)
UNUSED_IMAGES_UNKNOWN = ErrorText(
    "storage.unused_images_unknown",
    _STORAGE,
    "No image was deleted: a file beside the chats is damaged, and may have chats with any of them.",
    "All images are as they were.",
    "If you do not need it any more, remove that file from {folder}, then try again.",
)

DATA_FOLDER_NOT_WRITABLE = ErrorText(
    "storage.data_folder_not_writable",
    _STORAGE,
    "The data folder {folder} is not writable ({reason}).",
    "Nothing in it was changed.",
    "Check its permissions and its drive, or start Lorgnette with another --data folder.",
)
DATA_FOLDER_GONE = ErrorText(
    "storage.data_folder_gone",
    _STORAGE,
    "The data folder {folder} no longer exists, so nothing is being saved.",
    "What is on screen is kept, and nothing is written elsewhere.",
    "Restore the folder, or copy what you need and restart Lorgnette with --data and its new location.",
)
NO_SAFE_SOCKET_FOLDER = ErrorText(
    "storage.no_safe_socket_folder",
    _STORAGE,
    "Images opened from other programs will not appear in this window (no folder for it is this user's alone).",
    todo="Drop them here instead.",
)
SOCKET_FAILED = ErrorText(
    "storage.socket_failed",
    _STORAGE,
    "Images opened from other programs will not appear in this window ({reason}).",
    todo="Drop them here instead.",
)

OUTPUT_FOLDER_GONE = ErrorText(
    "storage.output_folder_gone",
    _STORAGE,
    "The output folder “{folder}” no longer exists.",
    "Everything already saved is unchanged.",
    "Reconnect its drive or create it again, then try again.",
)
SPREADSHEET_TOO_LONG = ErrorText(
    "storage.spreadsheet_too_long",
    _STORAGE,
    "“{file}” would exceed the row limit of a spreadsheet.",
    "Nothing was written.",
    "Save at most {rows:,} rows at once.",
)

_FREE_SPACE = ": {missing:.1f} GB to come, {free:.1f} GB free."
_DOWNLOADED = "What has been downloaded is kept."
NO_SPACE_TO_DOWNLOAD = ErrorText(
    "storage.no_room_to_download",
    _STORAGE,
    f"The disk has too little room{_FREE_SPACE}",
    _DOWNLOADED,
    "Free some space, or choose another models folder in the settings, then press Resume.",
)
NO_SPACE_TO_UNPACK = ErrorText(
    "storage.no_room_to_unpack",
    _STORAGE,
    f"The disk has too little room to unpack{_FREE_SPACE}",
    _DOWNLOADED,
    "Free some space, then press Resume.",
)


class NotSaved(NamedTuple):
    """The two errors of saving something: see `app.storage.files.atomic.storage_error`."""

    disk_full: ErrorText
    other: ErrorText
    """Its {reason} is the operating system's."""


def _disk_full(id_: str, what: str) -> ErrorText:
    return ErrorText(id_, _STORAGE, what, _SAVED, "Free some space, then try again.")


def _not_saved(id_: str, what: str) -> ErrorText:
    return ErrorText(id_, _STORAGE, what, _SAVED, "Check the folder's permissions and drive, then try again.")


FILE_DISK_FULL = _disk_full("storage.file_disk_full", "The disk is full, so this could not be saved: “{file}”.")
FILE_NOT_SAVED = _not_saved("storage.file_not_saved", "“{file}” could not be saved ({reason}).")
FILE = NotSaved(FILE_DISK_FULL, FILE_NOT_SAVED)
FOLDER_DISK_FULL = _disk_full(
    "storage.folder_disk_full", "The disk is full, so this could not be saved: the folder “{folder}”."
)
FOLDER_NOT_SAVED = _not_saved("storage.folder_not_saved", "The folder “{folder}” could not be saved ({reason}).")
FOLDER = NotSaved(FOLDER_DISK_FULL, FOLDER_NOT_SAVED)
PDF_DISK_FULL = _disk_full(
    "storage.pdf_disk_full", "The disk is full, so this could not be saved: the PDF of “{file}”."
)
PDF_NOT_SAVED = _not_saved("storage.pdf_not_saved", "The PDF of “{file}” could not be saved ({reason}).")
PDF = NotSaved(PDF_DISK_FULL, PDF_NOT_SAVED)
READ_TEXT_DISK_FULL = _disk_full(
    "storage.read_text_disk_full", "The disk is full, so this could not be saved: what was read of “{file}”."
)
READ_TEXT_NOT_SAVED = _not_saved(
    "storage.read_text_not_saved", "What was read of “{file}” could not be saved ({reason})."
)
READ_TEXT = NotSaved(READ_TEXT_DISK_FULL, READ_TEXT_NOT_SAVED)
IMAGE_DISK_FULL = _disk_full("storage.image_disk_full", "The disk is full, so this could not be saved: the image.")
IMAGE_NOT_SAVED = _not_saved("storage.image_not_saved", "The image could not be saved ({reason}).")
IMAGE = NotSaved(IMAGE_DISK_FULL, IMAGE_NOT_SAVED)
UNUSED_IMAGES_DISK_FULL = _disk_full(
    "storage.unused_images_disk_full", "The disk is full, so this could not be saved: the list of unused images."
)
UNUSED_IMAGES_NOT_SAVED = _not_saved(
    "storage.unused_images_not_saved", "The list of unused images could not be saved ({reason})."
)
UNUSED_IMAGES = NotSaved(UNUSED_IMAGES_DISK_FULL, UNUSED_IMAGES_NOT_SAVED)
OPEN_IMPORTS_DISK_FULL = _disk_full(
    "storage.open_imports_disk_full",
    "The disk is full, so this could not be saved: the list of images that are being opened.",
)
OPEN_IMPORTS_NOT_SAVED = _not_saved(
    "storage.open_imports_not_saved", "The list of images that are being opened could not be saved ({reason})."
)
OPEN_IMPORTS = NotSaved(OPEN_IMPORTS_DISK_FULL, OPEN_IMPORTS_NOT_SAVED)
SETTINGS_DISK_FULL = _disk_full(
    "storage.settings_disk_full", "The disk is full, so this could not be saved: the settings."
)
SETTINGS_NOT_SAVED = _not_saved("storage.settings_not_saved", "The settings could not be saved ({reason}).")
SETTINGS = NotSaved(SETTINGS_DISK_FULL, SETTINGS_NOT_SAVED)
MODELS_FOLDER_DISK_FULL = _disk_full(
    "storage.models_folder_disk_full", "The disk is full, so this could not be saved: the models folder."
)
MODELS_FOLDER_NOT_SAVED = _not_saved(
    "storage.models_folder_not_saved", "The models folder could not be saved ({reason})."
)
MODELS_FOLDER = NotSaved(MODELS_FOLDER_DISK_FULL, MODELS_FOLDER_NOT_SAVED)
MODEL_DISK_FULL = _disk_full("storage.model_disk_full", "The disk is full, so this could not be saved: the model.")
MODEL_NOT_SAVED = _not_saved("storage.model_not_saved", "The model could not be saved ({reason}).")
MODEL = NotSaved(MODEL_DISK_FULL, MODEL_NOT_SAVED)
GPU_SUPPORT_DISK_FULL = _disk_full(
    "storage.gpu_support_disk_full", "The disk is full, so this could not be saved: GPU support."
)
GPU_SUPPORT_NOT_SAVED = _not_saved("storage.gpu_support_not_saved", "GPU support could not be saved ({reason}).")
GPU_SUPPORT = NotSaved(GPU_SUPPORT_DISK_FULL, GPU_SUPPORT_NOT_SAVED)
DOWNLOAD_DISK_FULL = _disk_full(
    "storage.download_disk_full", "The disk is full, so this could not be saved: the download."
)
DOWNLOAD_NOT_SAVED = _not_saved("storage.download_not_saved", "The download could not be saved ({reason}).")
DOWNLOAD = NotSaved(DOWNLOAD_DISK_FULL, DOWNLOAD_NOT_SAVED)
BATCH_JOURNAL_DISK_FULL = _disk_full(
    "storage.batch_journal_disk_full", "The disk is full, so this could not be saved: the batch's journal."
)
BATCH_JOURNAL_NOT_SAVED = _not_saved(
    "storage.batch_journal_not_saved", "The batch's journal could not be saved ({reason})."
)
BATCH_JOURNAL = NotSaved(BATCH_JOURNAL_DISK_FULL, BATCH_JOURNAL_NOT_SAVED)
