"""`python -m tests.support.download_model ENDPOINT FOLDER [MODEL]`: a process that downloads, to be killed."""

import sys
from pathlib import Path

from app.hub.download import Downloader
from app.hub.hub import Hub
from app.network.addresses import named_server
from app.network.cancel_token import CancelToken
from app.network.client import NetworkClient, NetworkRules
from app.storage.models.model_folders import ModelFolders
from tests.support.hub_server import MODEL_ID

if __name__ == "__main__":
    endpoint, folder, model_id = [*sys.argv[1:], MODEL_ID][:3]
    rules = NetworkRules(named_servers=named_server(endpoint))
    hub = Hub(NetworkClient(lambda: rules), lambda: endpoint, str)
    Downloader(hub, ModelFolders(Path(folder)), lambda: 10**12).run(model_id, CancelToken(), lambda _: None)
