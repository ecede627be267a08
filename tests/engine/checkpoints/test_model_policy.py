import json
import shutil
from dataclasses import asdict
from pathlib import Path

from app.domain.models.model_policy import FULL_MODEL
from app.engine.checkpoints.model_policy import policy_of
from app.paths import DEMO_MODEL
from training.demo_model.export import POLICY, write_policy


def test_the_bundled_model_has_the_policy_that_its_export_writes(tmp_path: Path) -> None:
    assert asdict(policy_of(DEMO_MODEL)) == POLICY
    write_policy(tmp_path / "demo_model")
    assert json.loads((tmp_path / "demo_model_policy.json").read_text()) == POLICY


def test_a_link_to_it_is_it_and_a_copy_is_a_model_like_any_other(tmp_path: Path) -> None:
    link, copy = tmp_path / "link", tmp_path / "demo_model"
    link.symlink_to(DEMO_MODEL)
    shutil.copytree(DEMO_MODEL, copy)
    write_policy(copy)
    assert policy_of(link) == policy_of(DEMO_MODEL)
    assert policy_of(copy) == FULL_MODEL
    assert policy_of(tmp_path / "gone") == FULL_MODEL
