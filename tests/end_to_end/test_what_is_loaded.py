"""What the window does without until somebody asks for it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["app.network.client", "truststore", "keyring", "psutil"])
def test_nothing_of_the_network_is_loaded_to_show_the_window(name: str) -> None:
    code = f"import app.application, sys; sys.exit({name!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
