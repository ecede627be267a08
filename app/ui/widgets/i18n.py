"""The user interface's language. The source is English; the others are in resources/translations, one file each."""

import gettext
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import polib
from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from app.domain.errors import Problem
from app.domain.settings.settings import UiLanguage
from app.domain.text.visible_lines import visible_lines
from app.domain.text.visible_text import visible
from app.paths import RESOURCES

CATALOGUES = RESOURCES / "translations"
RIGHT_TO_LEFT = frozenset({UiLanguage.ARABIC})
_FAMILIES: Mapping[UiLanguage, Sequence[str]] = MappingProxyType(
    {
        UiLanguage.CHINESE: (
            "Noto Sans CJK SC",
            "Noto Sans SC",
            "Source Han Sans SC",
            "PingFang SC",
            "Microsoft YaHei UI",
            "WenQuanYi Micro Hei",
        ),
        UiLanguage.JAPANESE: (
            "Noto Sans CJK JP",
            "Noto Sans JP",
            "Source Han Sans JP",
            "Hiragino Sans",
            "Yu Gothic UI",
            "Meiryo UI",
        ),
    }
)
"""Fonts for characters that the desktop's own lacks; unnamed, Qt may take one of another language, or a bold one."""


def _english(count: int) -> int:
    return int(count != 1)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """Translations by English text; `form` returns the index of the plural form for a count."""

    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    form: Callable[[int], int] = _english
    code: str = UiLanguage.ENGLISH

    @property
    def gap(self) -> str:
        """The space between two sentences: Chinese and Japanese have none."""
        return "" if self.code.startswith(("zh", "ja")) else " "


_ENGLISH = _Catalogue()
_in_force = {"catalogue": _ENGLISH}


class SafeText(str):
    """A text of the window: in what it has of others, such as a file's name, invisible characters are made visible.

    Those that are left are of a translation, whose bidirectional isolates (UAX 9) keep names apart from what surrounds
    them. Widgets show it as it is, and make everything visible in any other text.
    """

    __slots__ = ()


def safe(text: str) -> SafeText:
    """Return `text` with invisible characters made visible, unless that has been done."""
    return text if isinstance(text, SafeText) else SafeText(visible_lines(text))


def joined(gap: str, parts: Iterable[str]) -> SafeText:
    """Join the parts that are not empty by `gap`."""
    return SafeText(gap.join(safe(part) for part in parts if part))


def mark(text: str) -> str:
    """Return `text` itself, marked for translation where it is shown; for texts read before the language is known."""
    return text


def tr(text: str, /, **values: object) -> SafeText:
    """Return `text` in the current language, or itself if not translated, with `values` for its {names}."""
    translated = _in_force["catalogue"].texts.get(text) or text
    return SafeText(translated.format(**_safe(values)) if values else translated)


def tr_count(one: str, many: str, count: int, /, **values: object) -> SafeText:
    """Translate like `tr`, in the plural form for `count`, which is also {count} unless `values` has another."""
    catalogue = _in_force["catalogue"]
    translated = catalogue.plurals.get(one, {}).get(catalogue.form(count))
    return SafeText((translated or (one, many)[_english(count)]).format(**_safe({"count": count, **values})))


def sentences(*parts: str) -> SafeText:
    """Join sentences as the current language does; empty ones are left out."""
    return joined(_in_force["catalogue"].gap, parts)


def _safe(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _safe_value(value) for name, value in values.items()}


def _safe_value(value: object) -> object:
    """Return a value for a template, without invisible characters; numbers are written as the language does."""
    if isinstance(value, Problem):
        return replace(value, what=safe(value.what), kept=safe(value.kept), todo=safe(value.todo))
    if isinstance(value, int | float):
        return _Number(value)
    # On one line: a line break in a file's name must not look like the end of a sentence of ours.
    return value if isinstance(value, SafeText) else SafeText(visible(str(value)))


class _Number:
    """A number in a template, which may give its format: {size:.1f}."""

    def __init__(self, value: float) -> None:
        self._value = value

    def __format__(self, form: str) -> str:
        return _with_separators(format(self._value, form))


def decimal(value: float, places: int) -> str:
    """Format a number with decimal places as the current language does."""
    return _with_separators(f"{value:.{places}f}")


def grouped(count: int) -> str:
    """Format a whole number in groups of three digits as the current language does."""
    return _with_separators(f"{count:,}")


def _with_separators(figures: str) -> str:
    """Return Python's figures with the separators of the current language."""
    current = locale()
    if current.zeroDigit() != "0":  # Its separators go with digits of its own, which the window does not use.
        return figures
    return figures.translate({ord("."): current.decimalPoint(), ord(","): current.groupSeparator()})


def set_language(code: str) -> None:
    """Set the language by the name of its file; English has none. Texts already shown do not change."""
    _in_force["catalogue"] = _ENGLISH if code == UiLanguage.ENGLISH else _read(code)


def locale() -> QLocale:
    """Return the locale of the current language, for the names of days and the separators of numbers."""
    return QLocale(_in_force["catalogue"].code)


def chosen_language(choice: UiLanguage, wanted: Sequence[str]) -> UiLanguage:
    """Resolve `choice`; `wanted` are the desktop's languages, such as "de-AT", in order of preference."""
    if choice is not UiLanguage.SYSTEM:
        return choice
    known = {language.value.split("_")[0]: language for language in UiLanguage if language is not UiLanguage.SYSTEM}
    codes = (re.split(r"[-_]", name)[0].lower() for name in wanted)
    return next((known[code] for code in codes if code in known), UiLanguage.ENGLISH)


def speak(application: QApplication, choice: UiLanguage) -> None:
    """Set the language for all widgets built from now on, including Qt's own dialogs."""
    language = chosen_language(choice, QLocale.system().uiLanguages())
    set_language(language.value)
    application.setFont(_font(language))
    is_mirrored = language in RIGHT_TO_LEFT
    application.setLayoutDirection(Qt.LayoutDirection.RightToLeft if is_mirrored else Qt.LayoutDirection.LeftToRight)
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if language is not UiLanguage.ENGLISH and translator.load(f"qtbase_{language.value}", folder):
        application.installTranslator(translator)


def _font(language: UiLanguage) -> QFont:
    """Return the desktop's font, completed by the installed families for a language that it may not have."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    installed = [family for family in _FAMILIES.get(language, ()) if QFontDatabase.hasFamily(family)]
    font.setFamilies([*font.families(), *installed])
    return font


def _read(code: str) -> _Catalogue:
    catalogue = polib.pofile(str(CATALOGUES / f"{code}.po"), encoding="utf-8")
    rule = catalogue.metadata["Plural-Forms"].split("plural=", 1)[1].rstrip("; ")
    return _Catalogue(
        {entry.msgid: entry.msgstr for entry in catalogue if not entry.msgid_plural},
        {entry.msgid: entry.msgstr_plural for entry in catalogue if entry.msgid_plural},
        gettext.c2py(rule),
        code,
    )
