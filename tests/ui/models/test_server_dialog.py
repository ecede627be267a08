"""Choosing a server, and knowing where things go."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.model_info import ModelInfo
from app.domain.models.remote_servers import FoundServer, RemoteModel
from app.ui.models.server_dialog import ServerDialog
from app.ui.shell.main_window import MainWindow
from tests.ui.conftest import shown


def test_a_model_of_a_server_is_chosen(qtbot: QtBot) -> None:
    dialog = ServerDialog("")
    shown(dialog, qtbot)
    assert not dialog.look.isEnabled()
    dialog.address.setText("gpu-box:8000")
    dialog.key.setText("secret")
    with qtbot.waitSignal(dialog.models_wanted) as wanted:
        qtbot.keyClick(dialog.address, Qt.Key.Key_Return)
    assert wanted.args == ["http://gpu-box:8000/v1", "secret"]
    assert not dialog.connect_button.isEnabled()
    dialog.show_models(("one", "two"))
    dialog.models.setCurrentIndex(1)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.connect_button.click()
    assert chosen.args == [RemoteModel("http://gpu-box:8000/v1", "two"), "secret"]


def test_another_address_is_typed_over_the_last_one(qtbot: QtBot) -> None:
    dialog = ServerDialog("http://127.0.0.1:8000/v1")
    shown(dialog, qtbot)
    qtbot.keyClicks(dialog.address, "gpu-box:8000")
    assert dialog.address.text() == "gpu-box:8000"


def test_a_server_on_this_machine_is_offered(qtbot: QtBot) -> None:
    dialog = ServerDialog("")
    shown(dialog, qtbot)
    assert dialog.found.said.text() == "Looking for servers on this computer…"
    dialog.found.show_servers(
        (
            FoundServer("Ollama", "http://127.0.0.1:11434/v1", ("qwen3-vl:2b", "llava")),
            FoundServer("", "http://127.0.0.1:8000/v1", needs_key=True),
        )
    )
    ollama, other = dialog.found.findChildren(QPushButton)
    assert (ollama.text(), other.text()) == (
        "Ollama · 2 models",
        "127.0.0.1:8000 · requires an API key",
    )
    qtbot.waitUntil(lambda: all(part.height() >= part.sizeHint().height() for part in (ollama, other, dialog.address)))
    ollama.click()
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.connect_button.click()
    assert chosen.args == [RemoteModel("http://127.0.0.1:11434/v1", "qwen3-vl:2b"), ""]


def test_a_server_on_this_machine_that_requires_a_key_waits_for_it(qtbot: QtBot) -> None:
    dialog = ServerDialog("")
    shown(dialog, qtbot)
    dialog.found.show_servers((FoundServer("", "http://127.0.0.1:8000/v1", needs_key=True),))
    dialog.found.findChildren(QPushButton)[0].click()
    assert "API key" in dialog.status_label.text()
    assert not dialog.connect_button.isEnabled()
    dialog.key.setText("secret")
    with qtbot.waitSignal(dialog.models_wanted) as wanted:
        dialog.look.click()
    assert wanted.args == ["http://127.0.0.1:8000/v1", "secret"]
    assert dialog.found.isVisible()


def test_it_is_told_that_no_server_answers(qtbot: QtBot) -> None:
    dialog = ServerDialog("")
    shown(dialog, qtbot)
    dialog.found.show_servers(())
    assert "Ollama" in dialog.found.said.text()
    dialog.address.setText("gpu-box:8000")
    dialog.look.click()
    assert not dialog.found.isVisible()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("localhost:1", "Nothing leaves"),
        ("192.168.1.5:1", "unencrypted"),
        ("https://api.example.org", "api.example.org over an encrypted connection"),
    ],
)
def test_it_is_said_where_things_go(qtbot: QtBot, address: str, words: str) -> None:
    dialog = ServerDialog(address)
    shown(dialog, qtbot)
    dialog.show_models(("one",))
    assert words in dialog.status_label.text()


def test_what_is_no_address_is_said(qtbot: QtBot) -> None:
    dialog = ServerDialog("ftp://x")
    shown(dialog, qtbot)
    with qtbot.assertNotEmitted(dialog.models_wanted):
        dialog.look.click()
    assert "http" in dialog.status_label.text()
    dialog.show_problem(Problem(ProblemKind.ENGINE, "Another key is wanted."))
    assert dialog.status_label.text() == "Another key is wanted."
    assert dialog.key.echoMode() is QLineEdit.EchoMode.Password


def test_a_chat_is_marked_while_it_leaves_this_machine(window: MainWindow) -> None:
    away = ModelInfo(
        name="qwen", folder="", scheme="", device="gpu-box", device_reason="", context_length=0, server="gpu-box",
        leaves_machine=True,
    )  # fmt: skip
    server = RemoteModel("http://gpu-box/v1", "qwen")
    window.set_status(EngineStatus(state=EngineState.READY, info=away, server=server))
    assert window.composer.leaving.isVisibleTo(window)
    assert "gpu-box" in window.composer.leaving.text()
    window.set_status(EngineStatus())
    assert not window.composer.leaving.isVisibleTo(window)
