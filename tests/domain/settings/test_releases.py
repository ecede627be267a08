"""Which version is newer."""

import pytest

from app.domain.settings.releases import is_newer


@pytest.mark.parametrize(
    ("version", "own"), [("0.2.0", "0.1.0"), ("v0.1.1", "0.1"), ("0.10.0", "0.9.9"), ("1", "0.99"), ("v1.0.0.1", "1.0")]
)
def test_a_newer_version(version: str, own: str) -> None:
    assert is_newer(version, own)
    assert not is_newer(own, version)


@pytest.mark.parametrize("version", ["0.1.0", "0.1", "v0.1.0.0", "", "nightly", "1.0rc1", "v9-beta", "9" * 5000])
def test_no_newer_one(version: str) -> None:
    assert not is_newer(version, "0.1.0")
