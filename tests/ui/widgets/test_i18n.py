"""Everything that the window says is in every language, and said in the one that is wanted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

from app.domain.chat.presets import BUILT_IN
from app.domain.documents.page_formats import PageFormat, formatted
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.error_texts import (
    SUBJECTS,
    command_line_sentence,
    command_texts,
    document_texts,
    image_texts,
    quantize_texts,
    storage_texts,
    texts_in,
)
from app.domain.errors import BUG, Problem, ProblemKind
from app.domain.models.model_info import DEMO_NAME
from app.domain.settings.settings import ThemeChoice, UiLanguage
from app.domain.shown_setting import ShownSetting
from app.storage.models.model_catalog import known_models
from app.ui.models import model_text
from app.ui.settings.setting_editors import make_editor
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import CATALOGUES, chosen_language, set_language, speak, tr, tr_count
from app.ui.widgets.problem_text import page_notice, problem_sentence
from app.ui.widgets.theme import Theme
from tests.ui.conftest import shown

APP = Path(__file__).resolve().parents[3] / "app"
SOURCES = tuple(sorted((*(APP / "ui").rglob("*.py"), *(APP / "controllers").glob("*.py"))))
LANGUAGES = tuple(language for language in UiLanguage if language not in {UiLanguage.SYSTEM, UiLanguage.ENGLISH})
SHOWN = {
    "button": (0, 2),
    "label": (0,),
    **dict.fromkeys(
        ("addAction", "addMenu", "setAccessibleName", "setLabelText", "setPlaceholderText", "setText", "setToolTip"),
        (0,),
    ),
    "setWindowTitle": (0,),
    "Problem": (1, 2, 3),
    **dict.fromkeys(("QFileDialog", "open_file", "open_files", "choose_folder", "save_file"), (1, 2)),
    "patterns": (0,),
    "QListWidgetItem": (0,),
}
"""Functions with the places of those of their arguments that are shown."""
MARKERS = {"tr", "tr_count", "mark"}


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    speak(qapp, UiLanguage.ENGLISH)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def literal(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def said() -> dict[str, str]:
    """All that is translated, with its plural where it has one."""
    offered = (text for model in known_models() for text in (model.title, model.about))
    found = dict.fromkeys((DEMO_NAME, *(preset.name for preset in BUILT_IN), *offered, BUG.what), "")
    for source in SOURCES:
        for name, call in calls(ast.parse(source.read_text(encoding="utf-8"))):
            if name in {"tr", "mark"} and literal(call.args[0]):
                found.setdefault(literal(call.args[0]), "")
            elif name == "tr_count":
                found[literal(call.args[0])] = literal(call.args[1])
    for module in SUBJECTS:
        if module not in {command_texts, quantize_texts}:  # Only commands say these.
            found |= {part: "" for text in texts_in(module) for part in text.parts if part}
    for source in sorted((APP / "domain" / "settings").glob("*.py")):
        for name, call in calls(ast.parse(source.read_text(encoding="utf-8"))):
            if name == "ShownSetting":
                unit = next((literal(keyword.value) for keyword in call.keywords if keyword.arg == "unit"), "")
                texts = (*(literal(argument) for argument in call.args[:2]), unit)
                found |= {text: "" for text in texts if re.search("[a-z]", text)}
    return found


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(CATALOGUES / f"{language}.po"), encoding="utf-8", check_for_duplicates=True)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[^{}]+\}", text))


def rim(text: str) -> tuple[str, str]:
    """The space around a text: a unit begins with one."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_all_that_is_said_and_nothing_else(language: str) -> None:
    assert {entry.msgid: entry.msgid_plural for entry in catalogue(language)} == said()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_is_whole(language: str) -> None:
    entries = catalogue(language)
    count = re.match(r"nplurals=(\d)", entries.metadata["Plural-Forms"])
    assert count
    for entry in entries:
        assert entry.translated(), entry.msgid
        assert not entry.fuzzy, entry.msgid
        if not entry.msgid_plural:
            assert placeholders(entry.msgstr) == placeholders(entry.msgid), entry.msgid
            assert entry.msgid == ", " or rim(entry.msgstr) == rim(entry.msgid), entry.msgid
            continue
        assert set(entry.msgstr_plural) == set(range(int(count[1]))), entry.msgid
        # One and two are said without a figure in some languages.
        assert all(placeholders(form) <= placeholders(entry.msgid_plural) for form in entry.msgstr_plural.values())
        assert placeholders(entry.msgstr_plural[int(count[1]) - 1]) == placeholders(entry.msgid_plural), entry.msgid


def test_what_is_shown_goes_through_the_translation() -> None:
    bare = []
    for source in SOURCES:
        for name, call in calls(ast.parse(source.read_text(encoding="utf-8"))):
            shown_arguments = [call.args[place] for place in SHOWN.get(name, ()) if place < len(call.args)]
            shown_arguments += [item.value for item in call.keywords if name == "Problem" and item.arg != "kind"]
            bare += [f"{source.name}: {text}" for item in shown_arguments for text in _bare_literals(item)]
    assert not bare


def _bare_literals(node: ast.AST) -> Iterator[str]:
    """The words in an argument that no translation is asked for; names of files and ours are no words."""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        inner: list[ast.AST] = [] if name in MARKERS else [*node.args, *(item.value for item in node.keywords)]
    elif isinstance(node, ast.Compare | ast.Subscript):  # What is compared is not what is shown.
        inner = []
    else:
        inner = list(ast.iter_child_nodes(node))
    text = literal(node) if isinstance(node, ast.expr) else ""
    if re.search(r"[^\W\d_]", re.sub(r"\.\w+|Lorgnette", "", text)):
        yield text
    for child in inner:
        yield from _bare_literals(child)


def test_what_has_no_translation_stays_english() -> None:
    set_language(UiLanguage.GERMAN)
    assert tr("Nobody has said {this} before.", this="that") == "Nobody has said that before."
    assert tr_count("{count} such thing", "{count} such things", 1) == "1 such thing"
    assert tr_count("{count} such thing", "{count} such things", 2) == "2 such things"


def test_an_error_is_said_in_the_language_of_the_window() -> None:
    problem = image_texts.IS_FOLDER.problem(file="Ferien")
    assert problem_sentence(problem) == problem.sentence
    set_language(UiLanguage.GERMAN)
    assert problem_sentence(problem).startswith("„Ferien“ ist ein Ordner. Es wurde nichts hinzugefügt. ")
    set_language(UiLanguage.JAPANESE)
    assert " " not in problem_sentence(problem)
    assert all(tr(part) in problem_sentence(problem) for part in image_texts.IS_FOLDER.parts[1:])


def test_an_error_of_another_version_stays_as_it_was_stored() -> None:
    set_language(UiLanguage.GERMAN)
    for name, arguments in (("", ()), ("image.of_next_year", ()), (image_texts.IS_FOLDER.id, (("other", 1),))):
        stored = Problem(ProblemKind.IMAGE, "It broke.", "It is kept.", "Mend it.", name, arguments)
        assert problem_sentence(stored) == "It broke. It is kept. Mend it."


def test_the_notice_of_a_page_is_said_in_the_language_of_the_window() -> None:
    page = with_notice(OcrPage(1, 1, (), ""), document_texts.OCR_UNCERTAIN.problem())
    assert page.notice.startswith("The built-in OCR is uncertain")
    assert "notice_problem" not in formatted(page, "a.png", PageFormat.JSON)
    set_language(UiLanguage.GERMAN)
    assert page_notice(page).startswith("Die eingebaute Texterkennung ist sich")
    assert page_notice(OcrPage(1, 1, (), "", notice="As stored.")) == "As stored."


def test_numbers_have_the_separators_of_the_language() -> None:
    problem = storage_texts.NO_SPACE_TO_DOWNLOAD.problem(missing=4.2, free=4.1)
    rows = storage_texts.SPREADSHEET_TOO_LONG.problem(file="a", rows=1048576)
    expected = {
        UiLanguage.ENGLISH: ("4.2", "4.1", "1,048,576", "1.5 GB", "2.5 MB"),
        UiLanguage.GERMAN: ("4,2", "4,1", "1.048.576", "1,5 GB", "2,5 MB"),
        UiLanguage.SPANISH: ("4,2", "4,1", "1.048.576", "1,5 GB", "2,5 MB"),
        UiLanguage.CHINESE: ("4.2", "4.1", "1,048,576", "1.5 GB", "2.5 MB"),
        UiLanguage.ARABIC: ("4.2", "4.1", "1,048,576", "1.5 GB", "2.5 MB"),
    }
    for language, (missing, free, many, disk, size) in expected.items():
        set_language(language)
        assert f"{missing} G" in problem_sentence(problem) or f"{missing} غ" in problem_sentence(problem)
        assert free in problem_sentence(problem)
        assert many in problem_sentence(rows)
        assert (model_text.size(1_500_000_000), ui_text.file_size(5 * 1024 * 512)) == (disk, size)
    assert "4.2 GB" in command_line_sentence(problem)


def test_a_value_may_have_braces() -> None:
    assert tr("Remove {name}", name="{name}.png") == "Remove {name}.png"


def test_arabic_has_six_forms_for_a_count() -> None:
    set_language(UiLanguage.ARABIC)
    forms = [ui_text.image_count(count) for count in (1, 2, 3, 10, 11, 99, 100)]
    assert forms == ["صورة واحدة", "صورتان", "3 صور", "10 صور", "11 صورة", "99 صورة", "100 صورة"]
    set_language(UiLanguage.JAPANESE)
    assert [ui_text.image_count(count) for count in (1, 2)] == ["画像 1 枚", "画像 2 枚"]


@pytest.mark.parametrize(
    ("choice", "wanted", "spoken"),
    [
        (UiLanguage.SYSTEM, ["de-AT", "de"], UiLanguage.GERMAN),
        (UiLanguage.SYSTEM, ["zh-Hans-CN", "zh-CN"], UiLanguage.CHINESE),
        (UiLanguage.SYSTEM, ["fr-FR", "fr", "es"], UiLanguage.SPANISH),
        (UiLanguage.SYSTEM, ["C"], UiLanguage.ENGLISH),
        (UiLanguage.SYSTEM, [], UiLanguage.ENGLISH),
        (UiLanguage.JAPANESE, ["de-AT"], UiLanguage.JAPANESE),
    ],
)
def test_the_desktops_language_is_followed_unless_another_is_chosen(
    choice: UiLanguage, wanted: list[str], spoken: UiLanguage
) -> None:
    assert chosen_language(choice, wanted) is spoken


def test_the_window_speaks_german(qapp: QApplication, theme: Theme, qtbot: QtBot) -> None:
    speak(qapp, UiLanguage.GERMAN)
    window = shown(MainWindow(lambda _: Path("no thumbnail")), qtbot)
    assert window.layoutDirection() is Qt.LayoutDirection.LeftToRight
    assert window.composer.send.text() == "Senden"
    assert window.sidebar.new_chat.text() == "Neuer Chat"
    qtbot.waitUntil(window.isActiveWindow)
    window.set_keys({"New chat": "Ctrl+T"})  # Kept under their English names: the language may change.
    with qtbot.waitSignal(window.sidebar.new_chat_clicked):
        qtbot.keyClick(window.composer.edit, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.composer.edit, "/besch")
    assert window.composer.offered.item(0).text().startswith("Beschreiben")


def test_the_window_is_mirrored_in_arabic(qapp: QApplication, theme: Theme, qtbot: QtBot) -> None:
    speak(qapp, UiLanguage.ARABIC)
    window = shown(MainWindow(lambda _: Path("no thumbnail")), qtbot)
    assert window.layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert window.sidebar.x() > window.composer.x()
    theme.choose(ThemeChoice.DARK, 100)
    assert "#sidebar { background: #" in qapp.styleSheet()
    assert qapp.styleSheet().count("border-left: 1px solid") == 2


def test_a_name_with_a_line_break_stays_on_one_line() -> None:
    assert tr("Saved to “{file}”.", file="a.pdf\n\nAll chats were deleted.") == (
        r"Saved to “a.pdf\n\nAll chats were deleted.”."
    )


@pytest.mark.parametrize(
    ("language", "own", "other"), [(UiLanguage.CHINESE, "CJK SC", "CJK JP"), (UiLanguage.JAPANESE, "CJK JP", "CJK SC")]
)
def test_signs_have_the_regular_font_of_their_language(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, language: UiLanguage, own: str, other: str
) -> None:
    monkeypatch.setattr(QFontDatabase, "hasFamily", lambda family: family != "Meiryo UI")
    speak(qapp, language)
    families = qapp.font().families()
    assert [family for family in families if own in family] == [f"Noto Sans {own}"]
    assert not [family for family in families if other in family or family == "Meiryo UI"]
    assert families[0] == QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()  # Latin's.
    assert qapp.font().weight() == QFont.Weight.Normal
    speak(qapp, UiLanguage.ENGLISH)
    assert own not in " ".join(qapp.font().families())


@pytest.mark.parametrize(
    ("language", "shown"),
    [(UiLanguage.ENGLISH, "32,768"), (UiLanguage.GERMAN, "32.768"), (UiLanguage.JAPANESE, "32,768")],
)
def test_numbers_are_grouped_as_the_language_does_in_labels_and_in_fields(
    qapp: QApplication, qtbot: QtBot, language: UiLanguage, shown: str
) -> None:
    speak(qapp, language)
    setting = ShownSetting("Context", bounds=(2048, 262_144))
    field = make_editor(setting, 0)
    qtbot.addWidget(field.widget)
    field.show_value(32_768)
    assert isinstance(field.widget, QSpinBox)
    assert (ui_text.number(32_768), field.widget.text()) == (shown, shown)
