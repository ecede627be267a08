"""What one does with an entity of a text on an image: copy it, or open it once its address was shown."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from app.domain.documents.entities import Entity, EntityKind, entities_in
from app.domain.error_texts import document_texts, settings_texts
from app.domain.errors import Problem
from app.domain.images.codes import Code
from app.ui.widgets.i18n import mark, tr

MAX_OPENED = 500
"""Maximum length of an address that can be opened, since all of it is shown before; a longer one is copied only."""
LINE = 60
"""Number of letters in a line of an address: an address has no spaces at which it could be broken."""

_COPY = {
    EntityKind.LINK: mark("Copy address"),
    EntityKind.MAIL: mark("Copy address"),
    EntityKind.PHONE: mark("Copy number"),
    EntityKind.IBAN: mark("Copy IBAN"),
    EntityKind.DATE: mark("Copy date"),
}


def add_entity_actions(menu: QMenu, entity: Entity, on_failure: Callable[[Problem], None]) -> None:
    """Add to a menu what one does with an entity; `on_failure` is called if no program opens it."""
    menu.addAction(tr(_COPY[entity.kind]), partial(_copy, entity.value))
    parent = menu.parentWidget()
    if entity.kind is EntityKind.LINK and len(entity.value) <= MAX_OPENED:
        menu.addAction(tr("Open link…"), partial(_ask_to_open, entity.value, parent, on_failure))
    elif entity.kind is EntityKind.MAIL:
        menu.addAction(tr("Write mail…"), partial(_ask_to_write, entity.value, parent, on_failure))


def add_code_actions(menu: QMenu, code: Code, on_failure: Callable[[Problem], None]) -> None:
    """Add to a menu what one does with a code, and with the first entity in its text."""
    menu.addAction(tr("Copy text of the code"), partial(_copy, code.text))
    for entity in entities_in(code.text)[:1]:
        add_entity_actions(menu, entity, on_failure)


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def _ask_to_open(address: str, parent: QWidget | None, on_failure: Callable[[Problem], None]) -> None:
    url = QUrl(address)
    shown = url.toString(QUrl.ComponentFormattingOption.FullyEncoded)  # Foreign letters may look like Latin ones.
    problem = settings_texts.PAGE_NOT_SHOWN.problem(address=shown)
    question = tr("Open this address in the web browser?")
    _ask(question, shown, tr("Open in browser"), parent, lambda: _open(url, problem, on_failure))


def _ask_to_write(address: str, parent: QWidget | None, on_failure: Callable[[Problem], None]) -> None:
    url = QUrl()
    url.setScheme("mailto")
    url.setPath(address)
    problem = document_texts.NO_MAIL_PROGRAM.problem(address=address)
    question = tr("Write a mail to this address?")
    _ask(question, address, tr("Write mail"), parent, lambda: _open(url, problem, on_failure))


def _open(url: QUrl, problem: Problem, on_failure: Callable[[Problem], None]) -> None:
    """Open an address with the desktop's program for it; called only after the user has seen it and agreed."""
    if not QDesktopServices.openUrl(url):
        on_failure(problem)


def _ask(question: str, address: str, yes: str, parent: QWidget | None, agreed: Callable[[], None]) -> None:
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    lines = "\n".join(address[start : start + LINE] for start in range(0, len(address), LINE))
    box.setInformativeText(f"{lines}\n\n{tr('It was read on an image: check it.')}")
    box.addButton(yes, QMessageBox.ButtonRole.AcceptRole).clicked.connect(agreed)
    box.setDefaultButton(box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole))
    box.open()
