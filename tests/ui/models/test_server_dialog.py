"""Choosing a server, and knowing where things go."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.model_info import ModelInfo
from app.domain.models.remote_servers import RemoteModel
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
