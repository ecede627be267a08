"""`python -m tests.support.download_model ENDPOINT FOLDER`: a process that downloads, to be killed."""

import sys
from pathlib import Path

from app.hub.download import Downloader
from app.hub.hub import Hub, named_host
from app.network.client import NetworkClient, NetworkRules
from app.network.halt import Halt
from app.storage.model_folders import ModelFolders
from tests.support.hub_server import MODEL_ID

if __name__ == "__main__":
    endpoint, folder = sys.argv[1:]
    rules = NetworkRules(named_hosts=named_host(endpoint))
    hub = Hub(NetworkClient(lambda: rules), lambda: endpoint, str)
    Downloader(hub, ModelFolders(Path(folder)), lambda: 10**12).run(MODEL_ID, Halt(), lambda _: None)
