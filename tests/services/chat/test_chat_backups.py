"""A backup is restored while the window is open: the list is another one, the composer keeps what stands in it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.domain.backups import Amount, Backup
from app.domain.ids import ConversationId
from app.domain.ports import ConversationStore
from app.services.chat.chat_backups import ChatBackups
from tests.services.conftest import BuildServices
from tests.support.chats import conversation

BACKUP = Backup(path=Path("backup"), made=datetime.now(UTC), amount=Amount(chats=1), ever=Amount(chats=1))


def test_the_backups_chats_take_the_place_of_those_that_are_there(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    services.stores.chats.rows[ConversationId("old")] = conversation("old")
    with qtbot.waitSignal(services.library.loaded):
        services.library.load()
    services.session.open(ConversationId("old"))
    services.session.set_draft_text("half a thought")
    opened: list[ConversationStore] = []
    backups = ChatBackups(
        services.store_thread.backups,
        services.store_thread.chats,
        services.library,
        services.session,
        services.answers,
        opened.append,
    )
    with qtbot.waitSignals([backups.restored, services.library.loaded]):
        backups.restore(BACKUP)
    assert services.stores.backups.restored == [BACKUP]
    assert opened == [services.stores.chats]
    assert ConversationId("old") not in services.library
    assert services.session.draft.text == "half a thought"
    assert services.session.conversation_id != "old"
    qtbot.waitUntil(lambda: [chat.draft.text for chat in services.stores.chats.rows.values()] == ["half a thought"])


def test_an_answer_that_is_being_written_ends_with_its_chat(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    services.session.send("What is the total?")
    backups = ChatBackups(
        services.store_thread.backups,
        services.store_thread.chats,
        services.library,
        services.session,
        services.answers,
        lambda _stores: None,
    )
    with qtbot.waitSignal(backups.restored):
        backups.restore(BACKUP)
    services.store_thread.run(lambda _stores: None)
    qtbot.wait(50)
    assert services.stores.chats.saved == {}
    assert not services.session.is_busy


def test_a_backup_that_cannot_be_restored_is_said(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    backups = ChatBackups(
        services.store_thread.backups,
        services.store_thread.chats,
        services.library,
        services.session,
        services.answers,
        lambda _stores: None,
    )
    services.stores.full = True
    with qtbot.waitSignal(backups.problem_met) as met:
        backups.restore(BACKUP)
    assert met.args
    assert "disk is full" in met.args[0].what


def test_a_deleted_backup_is_no_longer_listed(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    other = replace(BACKUP, path=Path("other"))
    services.stores.backups.kept = [BACKUP, other]
    backups = ChatBackups(
        services.store_thread.backups,
        services.store_thread.chats,
        services.library,
        services.session,
        services.answers,
        lambda _stores: None,
    )
    with qtbot.waitSignal(backups.changed) as changed:
        backups.delete(BACKUP)
    assert changed.args == [(other,)]
    services.stores.full = True
    with qtbot.waitSignals([backups.problem_met, backups.changed]):
        backups.delete(other)
    assert services.stores.backups.kept == [other]
