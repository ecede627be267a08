"""What was computed for a chat outlives the process: the next one goes on from it, and answers the same."""

import errno
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.disk_cache_files import DiskCacheFolder
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.ids import Digest
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import Stage
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.generation import disk_cache_writer
from app.engine.generation.disk_cache_file import write_file
from app.engine.process.messages import AnswerDelta, Ask, Event, OpenModel, StageProgress, Stats, UseDiskCache
from app.engine.runtimes.registry import Choose, onnxruntime_choice, openvino_choice
from app.paths import DEMO_MODEL
from app.regular_files import sha256_of
from tests.support.mutations import mutated
from tests.support.printed_text import print_text
from tests.support.runtimes import RUNTIMES

READ, COUNT = "Read the text.", "How many lines are there?"
CHAT, OTHER = "a1", "b2"
KEY, OTHER_KEY = bytes(range(32)), bytes(32 * [7])
PLENTY = 10**9


class Process:
    """A model process with the demo model, as of a start of the application."""

    def __init__(self, choose: Choose, folder: Path, max_bytes: int = PLENTY, key: bytes = KEY) -> None:
        self.cache = DiskCacheFolder(folder)
        self._events: list[Event] = []
        self._backend = ModelBackend(choose)
        self.use(UseDiskCache(str(folder), max_bytes, key))
        self.open()

    def open(self) -> None:
        """Open the model, with nothing in memory."""
        self._backend.handle(OpenModel(str(DEMO_MODEL), LoadOptions()), self._events.append, lambda: None)

    def use(self, settings: UseDiskCache) -> None:
        self._backend.handle(settings, self._events.append, lambda: None)

    def ask(self, *turns: Turn, chat: str = CHAT) -> str:
        self._events = []
        if chat:
            self.cache.permit(chat)
        options = GenerationOptions(max_new_tokens=48)
        self._backend.handle(Ask(turns, options, chat=chat), self._events.append, lambda: None)
        assert self._backend.disk_writer.wait(60)
        return "".join(event.text for event in self._events if isinstance(event, AnswerDelta))

    @property
    def stats(self) -> AnswerStats:
        (stats,) = (event.stats for event in self._events if isinstance(event, Stats))
        return stats

    @property
    def encoded_image(self) -> bool:
        return any(
            e.stage is Stage.ENCODING_IMAGE and e.progress > 0 for e in self._events if isinstance(e, StageProgress)
        )

    @property
    def files(self) -> list[Path]:
        return sorted(file.path for file in self.cache.files())


@pytest.fixture(autouse=True)
def spare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache_writer, "SPARE_BYTES", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "remembered"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    print_text(tmp_path / "one.png", "Tanu 5093", "Rika 27")
    return tmp_path / "one.png"


def user(text: str, *images: Path) -> Turn:
    return Turn(Role.USER, text, tuple(SeenImage(str(image), digest=_digest(image)) for image in images))


def _digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest(sha256_of(file))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_next_process_goes_on_from_the_files(runtime: str, folder: Path, image: Path) -> None:
    choose = RUNTIMES[runtime]
    first = Process(choose, folder)
    read = first.ask(user(READ, image))
    answer = first.ask(user(READ, image), Turn(Role.ASSISTANT, read), user(COUNT))
    context = first.stats.context_tokens
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))

    second = Process(choose, folder)
    assert second.ask(user(READ, image)) == read
    assert not second.encoded_image
    assert second.stats.reused_tokens == second.stats.prompt_tokens - 1
    third = Process(choose, folder)
    follow_up = (user(READ, image), Turn(Role.ASSISTANT, read), user(COUNT), Turn(Role.ASSISTANT, answer), user(COUNT))
    third.ask(*follow_up)
    assert not third.encoded_image
    assert third.stats.reused_tokens == context


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_another_chat_about_the_image_does_not_encode_it_again(runtime: str, folder: Path, image: Path) -> None:
    choose = RUNTIMES[runtime]
    Process(choose, folder).ask(user(READ, image))
    cold = Process(choose, folder, 0).ask(user("Begin."), Turn(Role.ASSISTANT, "Yes."), user(READ, image), chat="")
    second = Process(choose, folder)
    turns = (user("Begin."), Turn(Role.ASSISTANT, "Yes."), user(READ, image))
    assert second.ask(*turns, chat=OTHER) == cold
    assert not second.encoded_image


@pytest.fixture
def process(folder: Path) -> Process:
    return Process(onnxruntime_choice, folder)


def test_nothing_is_kept_without_a_chat_or_with_a_budget_of_0(process: Process, folder: Path, image: Path) -> None:
    process.ask(user(READ, image), chat="")
    assert process.files == []
    process.use(UseDiskCache(str(folder), 0, KEY))
    process.ask(user(READ, image))
    assert process.files == []


def test_nothing_is_kept_for_a_deleted_chat(process: Process, folder: Path, image: Path) -> None:
    process.ask(user(READ, image))
    process.ask(user(COUNT, image), chat=OTHER)
    process.cache.delete([CHAT])
    assert {path.parent.name for path in folder.rglob("*.kept")} <= {OTHER}
    process.cache.delete([OTHER])
    assert list(folder.iterdir()) == []


def test_no_word_and_no_token_of_a_chat_is_readable_in_the_files(process: Process, image: Path, folder: Path) -> None:
    process.ask(user("Xylophone marmalade.", image))
    content = b"".join(path.read_bytes() for path in process.files)
    assert content
    assert b"marmalade" not in content
    assert _digest(image).encode() not in content


@pytest.mark.expects_log_warnings
def test_what_was_encrypted_with_another_key_is_removed(process: Process, folder: Path, image: Path) -> None:
    read = process.ask(user(READ, image))
    kept = process.files
    without_keyring = Process(onnxruntime_choice, folder, key=b"")
    assert without_keyring.ask(user(READ, image), chat="") == read
    assert without_keyring.stats.reused_tokens == 0
    assert process.files == kept
    other = Process(onnxruntime_choice, folder, key=OTHER_KEY)
    assert other.ask(user(READ, image), chat="") == read
    assert process.files == []


@pytest.mark.expects_log_warnings
def test_damaged_files_are_removed_and_change_no_answer(process: Process, folder: Path, image: Path) -> None:
    read = process.ask(user(READ, image))
    whole = {path: path.read_bytes() for path in process.files}
    rng = Random(7)
    for _ in range(12):
        damaged = {path: mutated(content, rng) for path, content in whole.items()}
        for path, content in damaged.items():
            path.write_bytes(content)
        process.open()
        assert process.ask(user(READ, image), chat="") == read
        assert all(damaged[path] == whole[path] for path in process.files)


def test_files_of_a_changed_model_are_not_used(
    folder: Path, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model"
    shutil.copytree(DEMO_MODEL, model)
    monkeypatch.setattr("tests.engine.generation.test_disk_cache.DEMO_MODEL", model)
    read = Process(onnxruntime_choice, folder).ask(user(READ, image))
    weights = next(model.glob("*.safetensors"))
    os.utime(weights, ns=(1, 1))
    again = Process(onnxruntime_choice, folder)
    assert again.ask(user(READ, image), chat="") == read
    assert (again.stats.reused_tokens, again.encoded_image) == (0, True)
    assert Process(openvino_choice, folder).ask(user(READ, image), chat="") == read


def test_the_budget_is_never_exceeded_and_the_oldest_goes_first(process: Process, folder: Path, tmp_path: Path) -> None:
    for name in ("Tanu", "Mebo", "Sota"):
        print_text(tmp_path / f"{name}.png", name)
    process.ask(user(READ, tmp_path / "Tanu.png"), chat="Tanu")
    one = process.cache.used_bytes()
    process.use(UseDiskCache(str(folder), int(2.5 * one), KEY))
    for name in ("Mebo", "Sota"):
        process.ask(user(READ, tmp_path / f"{name}.png"), chat=name)
        assert process.cache.used_bytes() <= 2.5 * one
    kept = {path.parent.name for path in process.files}
    assert "Sota" in kept
    assert process.cache.used_bytes() > one


def test_a_budget_for_a_part_of_a_chat_keeps_its_beginning(process: Process, folder: Path, image: Path) -> None:
    process.ask(user(READ, image))
    largest = max(path.stat().st_size for path in process.files)
    process.cache.clear()
    process.use(UseDiskCache(str(folder), int(0.7 * largest), KEY))
    process.ask(user(READ, image))
    assert 0 < process.cache.used_bytes() <= 0.7 * largest


def test_a_folder_that_cannot_be_written_fails_no_answer(process: Process, folder: Path, image: Path) -> None:
    folder.mkdir()
    (folder / CHAT).write_text("no folder")
    with pytest.raises(OSError, match=r"."):
        process.cache.permit(CHAT)
    assert process.ask(user(READ, image), chat="") == "Tanu 5093\nRika 27"


@pytest.mark.expects_log_warnings
def test_a_full_disk_fails_no_answer_and_leaves_nothing(
    process: Process, image: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", is_full)
        assert process.ask(user(READ, image)) == "Tanu 5093\nRika 27"
        assert list((folder / CHAT).iterdir()) == []
    process.ask(user(READ, image))
    assert len(process.files) == 2


def test_a_disk_with_little_room_is_left_alone(process: Process, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache_writer, "SPARE_BYTES", 1 << 62)
    process.ask(user(READ, image))
    assert process.files == []


@pytest.mark.expects_log_warnings
def test_a_chat_that_is_deleted_while_it_is_written_does_not_come_back(
    process: Process, image: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_meanwhile(target: Path, *rest: Any) -> None:  # noqa: ANN401 - write_file's own
        process.cache.delete([CHAT])
        write_file(target, *rest)

    monkeypatch.setattr(disk_cache_writer, "write_file", deleted_meanwhile)
    process.ask(user(READ, image))
    assert list(folder.iterdir()) == []
