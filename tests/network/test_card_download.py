"""The support for graphics cards from a server that fails on the way."""

from pathlib import Path

import pytest

from app.domain.card_support import CARD_SUPPORT_ID
from app.domain.downloads import DownloadProgress, DownloadStage
from app.domain.errors import Cancelled, NetworkError
from app.hub.card_download import CardDownload
from app.hub.download import Downloader
from app.hub.hub import named_host
from app.hub.patience import Patience
from app.hub.wheels import Wheels
from app.network.client import NetworkClient, NetworkRules
from app.network.halt import Halt
from app.storage.card_support import CardSupportFolders
from tests.support.hub_server import COMMIT, MODEL_ID, HubServer, Trouble, serving
from tests.support.wheels import CUDA, TORCH, support_of, wheels


class Bench:
    """A server with the wheels, and what brings them into a folder."""

    def __init__(self, server: HubServer, root: Path) -> None:
        self.server = server
        rules = NetworkRules(named_hosts=named_host(server.address))
        support = support_of(wheels(), f"https://example.org/{MODEL_ID}/resolve/{COMMIT}")
        self.folders = CardSupportFolders(root, support)
        source = Wheels(NetworkClient(lambda: rules), support, server.address + "/")
        self.room = 10**12
        downloader = Downloader(source, self.folders, lambda: self.room, lambda: Patience(first_seconds=0.01))
        self.download = CardDownload(downloader, self.folders, lambda: self.room)
        self.reports: list[DownloadProgress] = []
        self.halt = Halt()

    def run(self) -> Path:
        return self.download.run(CARD_SUPPORT_ID, self.halt, self.reports.append)


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        Trouble(CUDA, cut=20_000),
        Trouble(TORCH, status=503),
        Trouble(TORCH, status=429, headers={"Retry-After": "0"}),
        Trouble(CUDA, wrong=True),
        Trouble(TORCH, cut=5_000, times=2),
    ],
    ids=str,
)
def test_it_comes_and_is_unpacked(trouble: Trouble | None, tmp_path: Path) -> None:
    with serving(HubServer(wheels())) as server:
        bench = Bench(server, tmp_path)
        if trouble:
            server.troubles.append(trouble)
        site = bench.run()
    assert (site / "torch" / "__init__.py").is_file()
    assert bench.folders.installed()[0].folder == str(site)
    stages = [report.stage for report in bench.reports]
    assert stages[-1] is DownloadStage.UNPACKING
    assert bench.reports[-1].done == bench.reports[-1].total > 0
    assert not any("Authorization" in seen.headers for seen in server.seen)


def test_what_has_come_is_not_fetched_again(tmp_path: Path) -> None:
    with serving(HubServer(wheels())) as server:
        bench = Bench(server, tmp_path)
        server.troubles.append(Trouble(CUDA, status=404))
        with pytest.raises(NetworkError, match="404"):
            bench.run()
        bench.run()
    assert sum(seen.path.endswith(TORCH) for seen in server.seen) == 1


def test_wheels_that_could_not_be_unpacked_are_not_fetched_again(tmp_path: Path) -> None:
    with serving(HubServer(wheels())) as server:
        bench = Bench(server, tmp_path)
        done = bench.reports.append

        def stop(report: DownloadProgress) -> None:
            done(report)
            if report.stage is DownloadStage.UNPACKING:
                raise Cancelled

        with pytest.raises(Cancelled):
            bench.download.run(CARD_SUPPORT_ID, bench.halt, stop)
        asked = len(server.seen)
        assert bench.run().is_dir()
        assert len(server.seen) == asked
