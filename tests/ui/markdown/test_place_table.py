"""Boxes in space and times of a video: tables below an answer that is finished."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Author, MessageState
from app.domain.text.grounding import places_in
from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.markdown_tables import tables_in
from app.ui.markdown.message_parts import MessageParts
from app.ui.markdown.place_table import place_tables
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from tests.support.chats import answer

BOX = '{"bbox_3d": [1, 2, 3.25, 0.5, 0.5, 1, 0, 0, -1.5], "label": "a | b"}'
EVENTS = '[{"start": "00:01", "end": "00:03", "event": "jump"}, {"start": 4, "end": 5.5, "event": "fall"}]'


def parts_of(text: str, state: MessageState = MessageState.COMPLETE) -> MessageParts:
    return MessageParts(replace(answer(text), author=Author.MODEL, state=state))


def last_text(parts: MessageParts) -> str:
    return parts.part(parts.keys[-1]).text


def test_a_row_for_each_place() -> None:
    assert place_tables(places_in(BOX)).splitlines() == [
        "| Object | Center (m) | Size (m) | Rotation |",
        "| --- | --- | --- | --- |",
        "| a \\| b | 1, 2, 3.25 | 0.5, 0.5, 1 | 0, 0, -1.5 |",
    ]
    assert place_tables(places_in(EVENTS)).splitlines()[2:] == ["| 00:01 | 00:03 | jump |", "| 4 s | 5.5 s | fall |"]
    assert place_tables(places_in('{"bbox_2d": [1, 2, 3, 4], "label": "a"}')) == ""


@pytest.mark.parametrize("text", [BOX, f"```json\n{BOX}\n```", f"```json\n{BOX}", f"Here:\n\n~~~\n{EVENTS}"])
def test_tables_stand_below_the_answer(qtbot: QtBot, text: str) -> None:
    part = parts_of(text).part(parts_of(text).keys[-1])
    assert part.text.startswith(text)
    browser = SafeTextBrowser(FormulaPainter())
    qtbot.addWidget(browser)
    browser.show_part(part)
    assert len(tables_in(browser.document())) == 1


def test_a_growing_answer_has_none_yet() -> None:
    assert last_text(parts_of(BOX, MessageState.STREAMING)) == BOX
    assert last_text(parts_of(BOX, MessageState.CUT_OFF)) != BOX


def test_what_the_reader_read_has_none() -> None:
    assert last_text(MessageParts(replace(answer(BOX), author=Author.READER))) == BOX
