"""What downloads and keeps models, built as the settings are at that moment.

HTTP, TLS, the keyring and the look at the machine's memory are loaded with their first use: nothing of them is needed
to show the window. Everything here runs on a background thread.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.card_support import CARD_SUPPORT_ID
from app.domain.model_shelf import ShelfState
from app.domain.settings import Settings
from app.paths import Paths
from app.storage.card_support import CardSupportFolders, card_state, card_support
from app.storage.model_folders import ModelFolders

if TYPE_CHECKING:
    from app.hub.card_download import CardDownload
    from app.hub.download import Downloader
    from app.network.client import NetworkClient
    from app.storage.token import TokenKeeper


class DownloadParts:
    """Makes the parts. `settings` gives those in force; the models of `model_ids` may be on their way."""

    def __init__(self, paths: Paths, settings: Callable[[], Settings], model_ids: tuple[str, ...]) -> None:
        self._paths = paths
        self._settings = settings
        self._model_ids = model_ids
        self._tokens: TokenKeeper | None = None

    def folders(self, model_id: str = "") -> ModelFolders:
        """The models folder, or where the support for graphics cards is kept."""
        if model_id == CARD_SUPPORT_ID and (support := card_support()):
            return CardSupportFolders(self._paths.card_support, support)
        chosen = self._settings().downloads.folder.strip()
        return ModelFolders(Path(chosen).expanduser() if chosen else self._paths.models)

    def client(self) -> "NetworkClient":
        """What opens connections, as far as the settings allow: each time it asks them again."""
        from app.hub.hub import named_host  # noqa: PLC0415
        from app.network.client import NetworkClient, NetworkRules  # noqa: PLC0415 - loads HTTP and TLS

        def rules() -> NetworkRules:
            settings = self._settings()
            servers = settings.downloads
            named = named_host(servers.endpoint) | named_host(servers.packages)
            return NetworkRules(offline=settings.offline, named_hosts=named)

        return NetworkClient(rules)

    def downloader(self, model_id: str) -> "Downloader | CardDownload":
        """What downloads this model, all of it from the server that is set now, or the support for graphics cards."""
        from app.hub.card_download import CardDownload  # noqa: PLC0415
        from app.hub.download import Downloader  # noqa: PLC0415
        from app.hub.hub import Hub  # noqa: PLC0415
        from app.hub.wheels import Wheels  # noqa: PLC0415
        from app.storage.machine import this_machine  # noqa: PLC0415 - loads psutil

        folders = self.folders(model_id)

        def free_bytes() -> int:
            return this_machine(folders.root).free_disk

        if isinstance(folders, CardSupportFolders):
            wheels = Wheels(self.client(), folders.support, self._settings().downloads.packages)
            return CardDownload(Downloader(wheels, folders, free_bytes), folders, free_bytes)
        endpoint = self._endpoint()
        token = self._keeper().token(endpoint)
        hub = Hub(self.client(), lambda: endpoint, lambda: token)
        return Downloader(hub, folders, free_bytes)

    def look(self) -> ShelfState:
        """What is in the models folder, and what this machine has."""
        from app.storage.machine import this_machine  # noqa: PLC0415

        folders = self.folders()
        pending = {model_id: folders.pending(model_id) for model_id in self._model_ids}
        card = card_state(self._paths.card_support)
        if card:
            pending[CARD_SUPPORT_ID] = CardSupportFolders(self._paths.card_support, card.support).pending()
        return ShelfState(
            folder=str(folders.root),
            installed=folders.installed(),
            pending={model_id: bytes_there for model_id, bytes_there in pending.items() if bytes_there},
            machine=this_machine(folders.root),
            card=card,
        )

    def keep_token(self, token: str) -> bool:
        """Keep the token of the server that is set now; False where that is until the end only."""
        return self._keeper().keep(self._endpoint(), token)

    def key_of(self, address: str) -> str:
        """The key of a server whose models answer, or nothing."""
        return self._keeper().token(address)

    def keep_key(self, address: str, key: str) -> bool:
        """Keep the key of a server whose models answer; False where that is until the end only."""
        return self._keeper().keep(address, key)

    def _endpoint(self) -> str:
        """The server, in the one spelling that its token is kept under."""
        return self._settings().downloads.endpoint.strip().rstrip("/")

    def _keeper(self) -> "TokenKeeper":
        if self._tokens is None:
            from app.storage.token import TokenKeeper  # noqa: PLC0415 - asks for the system's keyring

            self._tokens = TokenKeeper()
        return self._tokens
