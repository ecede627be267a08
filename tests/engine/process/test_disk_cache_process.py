"""The disk cache of the confined model process itself: written under its sandbox, and read by the next one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.disk_cache_files import DiskCacheFolder
from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.ids import CallId, Digest
from app.domain.models.answer_stats import AnswerStats
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Ask, Done, Failed, OpenModel, Request, Stats, UseDiskCache
from app.engine.process.wire import RequestEnvelope
from app.paths import DEMO_MODEL
from app.regular_files import sha256_of
from tests.support.engine_events import engine_events
from tests.support.printed_text import print_text
from tests.support.processes import wait_until

CHAT = "a1"


class Process:
    """A model process with the demo model."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._events = engine_events(client)
        self._calls = 0

    def close(self) -> None:
        self._events.close()

    def call(self, request: Request) -> AnswerStats | None:
        self._calls += 1
        self._client.send(RequestEnvelope(CallId(self._calls), request))
        stats = None
        for event in self._events:
            assert not isinstance(event, Failed)
            if isinstance(event, Stats):
                stats = event.stats
            if isinstance(event, Done):
                break
        return stats


@contextmanager
def running(folder: Path) -> Iterator[Process]:
    writes = (str(folder / "weights"), str(folder / "cache"))
    process = Process(EngineClient(BackendKind.MODEL, partial(run_engine_process, writes=writes)))
    try:
        process.call(UseDiskCache(str(folder / "cache"), 10**9, bytes(range(32))))
        process.call(OpenModel(str(DEMO_MODEL), LoadOptions(graphics_card=False, cache_folder=writes[0])))
        yield process
    finally:
        process.close()


def test_a_confined_process_goes_on_from_what_another_one_kept(tmp_path: Path) -> None:
    image = tmp_path / "one.png"
    print_text(image, "Tanu 5093")
    with image.open("rb") as file:
        digest = Digest(sha256_of(file))
    asked = Ask(
        (Turn(Role.USER, "Read the text.", (SeenImage(str(image), digest=digest),)),),
        GenerationOptions(max_new_tokens=16),
        chat=CHAT,
    )
    cache = DiskCacheFolder(tmp_path / "cache")
    cache.permit(CHAT)
    with running(tmp_path) as process:
        cold = process.call(asked)
        wait_until(lambda: len(list(cache.files())) == 2)  # The features, and the conversation.
    with running(tmp_path) as process:
        restored = process.call(asked)
    assert cold
    assert restored
    assert (cold.reused_tokens, restored.reused_tokens) == (0, restored.prompt_tokens - 1)
