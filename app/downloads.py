"""Creates the parts that download and store models, from the settings at that moment.

HTTP, TLS, the keyring and the query of the machine's memory are loaded with their first use: none of them is needed to
show the window. Everything here runs on a background thread.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.models.gpu_support import GPU_SUPPORT_ID
from app.domain.models.model_library import ModelLibraryState
from app.domain.settings.settings import Settings
from app.paths import Paths
from app.storage.models.gpu_support import GpuSupportFolders, gpu_support, gpu_support_state
from app.storage.models.model_folders import ModelFolders

if TYPE_CHECKING:
    from app.hub.download import Downloader
    from app.hub.gpu_support_download import GpuSupportDownload
    from app.network.client import NetworkClient
    from app.storage.models.token import TokenStore


class DownloadFactory:
    """Creates the parts. `settings` returns the current settings; `model_ids` are models that may be downloading."""

    def __init__(self, paths: Paths, settings: Callable[[], Settings], model_ids: tuple[str, ...]) -> None:
        self._paths = paths
        self._settings = settings
        self._model_ids = model_ids
        self._tokens: TokenStore | None = None

    def folders(self) -> ModelFolders:
        """Return the models folder."""
        chosen = self._settings().downloads.folder.strip()
        return ModelFolders(Path(chosen).expanduser() if chosen else self._paths.models)

    def gpu_support_folders(self) -> GpuSupportFolders:
        """Return the folder of the GPU support, which is shown only if there is one for this system."""
        support = gpu_support()
        if support is None:
            raise RuntimeError("no GPU support exists for this system")
        return GpuSupportFolders(self._paths.gpu_support, support)

    def client(self) -> "NetworkClient":
        """Return the network client, which checks before each connection whether the settings allow it."""
        from app.network.addresses import named_server  # noqa: PLC0415
        from app.network.client import NetworkClient, NetworkRules  # noqa: PLC0415 - loads HTTP and TLS

        def rules() -> NetworkRules:
            settings = self._settings()
            servers = settings.downloads
            named = named_server(servers.endpoint) | named_server(servers.packages)
            return NetworkRules(offline=settings.offline, named_servers=named)

        return NetworkClient(rules)

    def downloader(self, model_id: str) -> "Downloader | GpuSupportDownload":
        """Return the downloader of this model, entirely from the server that is set now, or of the GPU support."""
        from app.hub.download import Downloader  # noqa: PLC0415
        from app.hub.gpu_support_download import GpuSupportDownload  # noqa: PLC0415
        from app.hub.hub import Hub  # noqa: PLC0415
        from app.hub.wheels import Wheels  # noqa: PLC0415
        from app.storage.models.machine import this_machine  # noqa: PLC0415 - loads psutil

        gpu_support_folders = self.gpu_support_folders() if model_id == GPU_SUPPORT_ID else None
        folders = gpu_support_folders or self.folders()

        def free_bytes() -> int:
            return this_machine(folders.root).free_disk

        if gpu_support_folders:
            wheels = Wheels(self.client(), gpu_support_folders.support, self._settings().downloads.packages)
            downloader = Downloader(wheels, gpu_support_folders, free_bytes)
            return GpuSupportDownload(downloader, gpu_support_folders, free_bytes)
        endpoint = self._endpoint()
        token = self._token_store().token(endpoint)
        hub = Hub(self.client(), lambda: endpoint, lambda: token)
        return Downloader(hub, folders, free_bytes)

    def look(self) -> ModelLibraryState:
        """Return the contents of the models folder and the machine's resources."""
        from app.storage.models.machine import this_machine  # noqa: PLC0415

        folders = self.folders()
        pending = {model_id: folders.pending(model_id) for model_id in self._model_ids}
        return ModelLibraryState(
            folder=str(folders.root),
            installed=folders.installed(),
            pending={model_id: bytes_there for model_id, bytes_there in pending.items() if bytes_there},
            machine=this_machine(folders.root),
            gpu=gpu_support_state(self._paths.gpu_support),
        )

    def save_token(self, token: str) -> bool:
        """Store the token of the configured server; return False if it is kept for this session only."""
        return self._token_store().save(self._endpoint(), token)

    def key_of(self, address: str) -> str:
        """Return the API key of a model server; empty if there is none."""
        return self._token_store().token(address)

    def save_key(self, address: str, key: str) -> bool:
        """Store the API key of a model server; return False if it is kept for this session only."""
        return self._token_store().save(address, key)

    def _endpoint(self) -> str:
        """Return the server's address in the normalised form under which its token is stored."""
        return self._settings().downloads.endpoint.strip().rstrip("/")

    def _token_store(self) -> "TokenStore":
        if self._tokens is None:
            from app.storage.models.token import TokenStore  # noqa: PLC0415 - asks for the system's keyring

            self._tokens = TokenStore()
        return self._tokens
