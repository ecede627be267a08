"""`lorgnette bench` as its user meets it."""

import errno
import json
import os
from pathlib import Path

import pytest

from app.cli import main
from app.commands import loading
from app.paths import Paths
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(loading, "default_paths", lambda: Paths.under(tmp_path_factory.mktemp("paths")))


def test_every_figure_is_printed_and_written(
    tiny_checkpoint: TinyCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_checkpoint(Layout.AUTO_ROUND)
    assert (
        main(["bench", str(folder), "--sides", "256", "320", "--accuracy", "--json", str(tmp_path / "bench.json")]) == 0
    )
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    printed = capsys.readouterr().out.splitlines()
    assert (written["model"], written["scheme"]) == (folder.name, "W4A16, group 128")
    for (name, figure), line in zip(written["figures"].items(), printed, strict=False):
        assert line.split() == [*name.split(), f"{figure['value']:.2f}", figure["unit"]]
        # Where a CPU has no 8-bit products, nothing diverges.
        assert figure["value"] > 0 or name.startswith("KL divergence")
    assert written["figures"]["same top-1 token as with exact activations"]["value"] > 80
    assert written["figures"]["KL divergence from exact activations, mean"]["value"] < 0.1
    names = set(written["figures"])
    assert {"model load", "256 x 256: decode", "320 x 320: time to first token, prefilled"} <= names
    visual = written["figures"]["320 x 320: prompt"]["value"] - written["figures"]["256 x 256: prompt"]["value"]
    assert visual == 10 * 10 - 8 * 8
    assert folder.name in printed[-1]


def test_a_folder_that_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("lorgnette: ")


def test_figures_that_cannot_be_written_are_still_shown(
    tiny_checkpoint: TinyCheckpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "figures" / "bench.json"
    opened = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest, **more: _refuse() if path == target else opened(path, *rest, **more)
    )
    arguments = ["bench", str(tiny_checkpoint(Layout.AUTO_ROUND)), "--sides", "64", "--json"]
    assert main([*arguments, str(target)]) == 1
    said = capsys.readouterr()
    assert "64 x 64: decode" in said.out
    assert "“bench.json” could not be saved" in said.err
    (tmp_path / "file").write_text("in the way")
    assert main([*arguments, str(tmp_path / "file" / "bench.json")]) == 1
    assert capsys.readouterr().out == ""


def test_a_file_of_the_name_stays_unless_it_is_to_be_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bench.json"
    target.write_text("a diary")
    arguments = ["bench", "--sides", "64", "--json", str(target)]
    assert main(arguments) == 0
    assert target.read_text() == "a diary"
    assert json.loads((tmp_path / "2 bench.json").read_text())["figures"]
    assert "2 bench.json" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert json.loads(target.read_text())["figures"]


def _refuse() -> int:
    raise PermissionError(errno.EACCES, "No")


@pytest.mark.parametrize("side", ["0", "63", "4097", "many"])
def test_a_side_that_makes_no_sense(side: str) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--sides", side])
