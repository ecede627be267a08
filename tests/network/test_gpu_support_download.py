"""The support for graphics cards from a server that fails on the way."""

from pathlib import Path

import pytest

from app.domain.errors import Cancelled, NetworkError
from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.domain.models.gpu_support import GPU_SUPPORT_ID
from app.hub.download import Downloader
from app.hub.gpu_support_download import GpuSupportDownload
from app.hub.retry_policy import RetryPolicy
from app.hub.wheels import Wheels
from app.network.addresses import named_server
from app.network.cancel_token import CancelToken
from app.network.client import NetworkClient, NetworkRules
from app.storage.models.gpu_support import GpuSupportFolders
from tests.support.hub_server import COMMIT, MODEL_ID, HubServer, Trouble, serving
from tests.support.wheels import CUDA, TORCH, support_of, wheels


class Harness:
    """A server with the wheels, and what brings them into a folder."""

    def __init__(self, server: HubServer, root: Path) -> None:
        self.server = server
        rules = NetworkRules(named_servers=named_server(server.address))
        support = support_of(wheels(), f"https://example.org/{MODEL_ID}/resolve/{COMMIT}")
        self.folders = GpuSupportFolders(root, support)
        source = Wheels(NetworkClient(lambda: rules), support, server.address + "/")
        self.room = 10**12
        downloader = Downloader(source, self.folders, lambda: self.room, lambda: RetryPolicy(first_delay_seconds=0.01))
        self.download = GpuSupportDownload(downloader, self.folders, lambda: self.room)
        self.reports: list[DownloadProgress] = []
        self.cancel_token = CancelToken()

    def run(self) -> Path:
        return self.download.run(GPU_SUPPORT_ID, self.cancel_token, self.reports.append)


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
        harness = Harness(server, tmp_path)
        if trouble:
            server.troubles.append(trouble)
        site = harness.run()
    assert (site / "torch" / "__init__.py").is_file()
    installed = harness.folders.installed()
    assert installed
    assert installed.folder == str(site)
    stages = [report.stage for report in harness.reports]
    assert stages[-1] is DownloadStage.UNPACKING
    assert harness.reports[-1].done == harness.reports[-1].total > 0
    assert not any("Authorization" in seen.headers for seen in server.seen)


def test_what_has_come_is_not_fetched_again(tmp_path: Path) -> None:
    with serving(HubServer(wheels())) as server:
        harness = Harness(server, tmp_path)
        server.troubles.append(Trouble(CUDA, status=404))
        with pytest.raises(NetworkError, match="404"):
            harness.run()
        harness.run()
    assert sum(seen.path.endswith(TORCH) for seen in server.seen) == 1


def test_wheels_that_could_not_be_unpacked_are_not_fetched_again(tmp_path: Path) -> None:
    with serving(HubServer(wheels())) as server:
        harness = Harness(server, tmp_path)
        done = harness.reports.append

        def stop(report: DownloadProgress) -> None:
            done(report)
            if report.stage is DownloadStage.UNPACKING:
                raise Cancelled

        with pytest.raises(Cancelled):
            harness.download.run(GPU_SUPPORT_ID, harness.cancel_token, stop)
        asked = len(server.seen)
        assert harness.run().is_dir()
        assert len(server.seen) == asked
