"""A small model on a misbehaving hub, and a downloader that does not wait long."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.domain.models.downloads import DownloadProgress
from app.hub.download import Downloader
from app.hub.hub import Hub
from app.hub.retry_policy import RetryPolicy
from app.network.addresses import named_server
from app.network.cancel_token import CancelToken
from app.network.client import NetworkClient, NetworkRules
from app.network.connector import Resolve, look_up
from app.storage.models.model_folders import ModelFolders
from tests.support.hub_server import MODEL_ID, HubServer, serving

WEIGHTS = "model.safetensors"
FILES = {
    "config.json": b'{"model_type": "qwen3_vl"}',
    "tokenizer.json": b"{}",
    WEIGHTS: random.Random(7).randbytes(200_000),
    "README.md": b"not taken",
    "chat_template.jinja": b"not taken",
}
QUICK = 0.002


@dataclass(slots=True)
class Harness:
    """A hub, a models folder, and what runs between them."""

    server: HubServer
    folders: ModelFolders
    rules: NetworkRules
    token: str = ""
    free: int = 10**12
    reports: list[DownloadProgress] = field(default_factory=list)
    stall_seconds: float = 5.0
    resolve: Resolve = look_up

    def client(self) -> NetworkClient:
        """A client under the rules of the moment."""
        return NetworkClient(lambda: self.rules, self.resolve, self.stall_seconds)

    def hub(self) -> Hub:
        """The server as the application sees it."""
        return Hub(self.client(), lambda: self.server.address, lambda: self.token)

    def run(
        self, cancel_token: CancelToken | None = None, report: Callable[[DownloadProgress], None] | None = None
    ) -> Path:
        """Download the model."""
        made = Downloader(self.hub(), self.folders, lambda: self.free, lambda: RetryPolicy(first_delay_seconds=QUICK))
        return made.run(MODEL_ID, cancel_token or CancelToken(), report or self.reports.append)

    def content(self, folder: Path) -> dict[str, bytes]:
        """What lies there, but for the lock file."""
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lorgnette-model.json"}

    @property
    def wanted(self) -> dict[str, bytes]:
        """What should lie there."""
        return {name: self.server.files[name] for name in ("config.json", "tokenizer.json", WEIGHTS)}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    with serving(HubServer(dict(FILES), lfs=(WEIGHTS,))) as server:
        rules = NetworkRules(named_servers=named_server(server.address))
        yield Harness(server, ModelFolders(tmp_path / "models"), rules)
