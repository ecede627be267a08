"""The language of the window. The source is English; the others are in resources/translations, one file each."""

import gettext
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polib
from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from app.domain.settings import Language
from app.paths import RESOURCES

CATALOGUES = RESOURCES / "translations"
RIGHT_TO_LEFT = frozenset({Language.ARABIC})


def _english(count: int) -> int:
    return int(count != 1)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """Translations by their English text; `form` is which of the plural's forms a count takes."""

    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    form: Callable[[int], int] = _english


_ENGLISH = _Catalogue()
_in_force = {"catalogue": _ENGLISH}


def mark(text: str) -> str:
    """`text` itself, which is to be translated where it is shown: for what is read before the language is known."""
    return text


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in force, or as it is where it has no translation, with `values` for its {names}."""
    translated = _in_force["catalogue"].texts.get(text) or text
    return translated.format(**values) if values else translated


def tr_count(one: str, many: str, count: int, /, **values: object) -> str:
    """Like `tr`, in the form that `count` takes, which is also the value of {count} where `values` has no other."""
    catalogue = _in_force["catalogue"]
    translated = catalogue.plurals.get(one, {}).get(catalogue.form(count))
    return (translated or (one, many)[_english(count)]).format(**{"count": count, **values})


def set_language(code: str) -> None:
    """Put a language in force, by the name of its file; English has none. What is shown already stays as it is."""
    _in_force["catalogue"] = _ENGLISH if code == Language.ENGLISH else _read(code)


def chosen_language(choice: Language, wanted: Sequence[str]) -> Language:
    """What `choice` stands for; `wanted` are the desktop's languages, such as "de-AT", the best liked first."""
    if choice is not Language.SYSTEM:
        return choice
    known = {language.value.split("_")[0]: language for language in Language if language is not Language.SYSTEM}
    codes = (re.split(r"[-_]", name)[0].lower() for name in wanted)
    return next((known[code] for code in codes if code in known), Language.ENGLISH)


def speak(application: QApplication, choice: Language) -> None:
    """Put a language in force for everything that is built from now on, Qt's own dialogues included."""
    language = chosen_language(choice, QLocale.system().uiLanguages())
    set_language(language.value)
    is_mirrored = language in RIGHT_TO_LEFT
    application.setLayoutDirection(Qt.LayoutDirection.RightToLeft if is_mirrored else Qt.LayoutDirection.LeftToRight)
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if language is not Language.ENGLISH and translator.load(f"qtbase_{language.value}", folder):
        application.installTranslator(translator)


def _read(code: str) -> _Catalogue:
    catalogue = polib.pofile(str(CATALOGUES / f"{code}.po"), encoding="utf-8")
    rule = catalogue.metadata["Plural-Forms"].split("plural=", 1)[1].rstrip("; ")
    return _Catalogue(
        {entry.msgid: entry.msgstr for entry in catalogue if not entry.msgid_plural},
        {entry.msgid: entry.msgstr_plural for entry in catalogue if entry.msgid_plural},
        gettext.c2py(rule),
    )
