"""What is refused before anything slow begins, and that nothing is changed then."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import CheckpointError, QuantizeError
from app.engine.quantize.recipe import Recipe
from app.engine.quantize.run import QuantizeJob
from tests.engine.conftest import TinyCheckpoint
from tests.engine.quantize.conftest import Run, recipe
from tests.support.tiny_checkpoint import Layout


@pytest.fixture
def job(tiny_checkpoint: TinyCheckpoint, tmp_path: Path) -> QuantizeJob:
    return QuantizeJob(base=tiny_checkpoint(Layout.PLAIN), out=tmp_path / "new", recipe=recipe(0))


def refused(job: QuantizeJob, error: type[CheckpointError] = QuantizeError) -> str:
    before = sorted(job.out.parent.iterdir())
    run = Run(job)
    with pytest.raises(error) as caught:
        run.start()
    assert run.blocks == []
    assert sorted(job.out.parent.iterdir()) == before
    return str(caught.value)


def test_the_default_calibration_set_is_not_fetched(job: QuantizeJob) -> None:
    assert "fetched from a hub" in refused(replace(job, recipe=Recipe()))


def test_a_folder_that_is_not_empty_is_not_touched(job: QuantizeJob) -> None:
    job.out.mkdir()
    (job.out / "letter.txt").write_text("dear", encoding="utf-8")
    assert "is not empty. It was not changed." in refused(job)
    assert (job.out / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_a_quantised_model_is_not_quantised_again(job: QuantizeJob, tiny_checkpoint: TinyCheckpoint) -> None:
    said = refused(replace(job, base=tiny_checkpoint(Layout.AUTO_GPTQ)))
    assert "already quantised (W4A16, group 128)" in said


def test_a_folder_without_a_model_is_refused(job: QuantizeJob, tmp_path: Path) -> None:
    assert "no config.json" in refused(replace(job, base=tmp_path), CheckpointError)


def test_a_place_inside_the_model_or_nowhere_is_refused(job: QuantizeJob, tmp_path: Path) -> None:
    assert "inside the source model folder" in refused(replace(job, out=job.base / "new"))
    with pytest.raises(QuantizeError, match="There is no folder"):
        Run(replace(job, out=tmp_path / "nowhere" / "new")).start()


def test_a_missing_extra_is_named_with_the_way_to_install_it(job: QuantizeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "auto_round", None)
    said = refused(job)
    assert "needs auto_round" in said
    assert "pip install 'lorgnette[autoround]'" in said


def test_too_little_memory_is_refused_with_both_figures(job: QuantizeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.quantize.run.available_memory", lambda: 100_000_000)
    said = refused(job)
    assert "0.1 GB are available" in said
    assert "--ignore-memory" in said


def test_too_small_a_drive_is_refused(job: QuantizeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "on the drive of" in refused(job)
