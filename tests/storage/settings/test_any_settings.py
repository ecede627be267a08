"""Any file gives settings that are valid; any settings come back from their file."""

import json
import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.domain.chat.presets import Preset
from app.domain.settings.settings import Settings
from app.domain.shown_setting import bounds_of
from app.storage.settings.settings_file import SettingsFile
from tests.storage.settings.test_settings_file import CHANGED

quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
)


def names_in(cls: type) -> list[str]:
    inner = [names_in(type(getattr(cls(), it.name))) for it in fields(cls) if is_dataclass(getattr(cls(), it.name))]
    return [*(it.name for it in fields(cls)), *(name for names in inner for name in names)]


NAMES = names_in(Settings)
any_json = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), inner)
    ),
    max_leaves=20,
)

names = st.one_of(st.text(st.characters(codec="utf-8")), st.binary().map(os.fsdecode)).filter(lambda it: "\0" not in it)


def load(path: Path, content: object) -> Settings:
    path.write_text(json.dumps(content), encoding="utf-8")
    found, problem = SettingsFile(path).load()
    assert problem is None
    return found


def check(values: Any) -> None:  # noqa: ANN401 - a dataclass of settings
    """Of each number of some settings: whether it is within its bounds, and one that Qt and msgspec can hold."""
    for field in fields(values):
        value, bounds = getattr(values, field.name), bounds_of(field)
        if is_dataclass(value):
            check(value)
        elif bounds and value is not None:
            assert bounds[0] <= value <= bounds[1], field.name
        else:
            assert not isinstance(value, (int, float)) or isinstance(value, bool), f"{field.name} has no bounds"


@quick
@given(st.dictionaries(st.sampled_from(NAMES), any_json))
@example({"generation": {"sampling": {"seed": -1}}, "batch_at_once": 2**70})
@example({"generation": {"sampling": {"seed": 2**70}}, "batch_at_once": 0})
def test_any_object_is_settings_within_their_bounds(tmp_path: Path, content: dict[str, object]) -> None:
    path = tmp_path / "settings.json"
    found = load(path, content)
    check(found)
    assert msgspec.convert(msgspec.to_builtins(found), Settings) == found
    SettingsFile(path).save(found)
    assert SettingsFile(path).load() == (found, None)


@quick
@given(st.data())
def test_a_wrong_field_costs_itself_alone(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([field.name for field in fields(CHANGED)]))
    content = {**msgspec.to_builtins(CHANGED), name: data.draw(any_json), data.draw(st.text(min_size=1)): 1}
    found = load(tmp_path / "settings.json", content)
    others = [field.name for field in fields(CHANGED) if field.name != name]
    assert [getattr(found, other) for other in others] == [getattr(CHANGED, other) for other in others]


@quick
@given(names, names, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@example(os.fsdecode(b"/models/\xe9"), os.fsdecode(b"/scans/\xe9"), "what \\u0000 means")
def test_any_texts_come_back(tmp_path: Path, folder: str, other: str, text: str) -> None:
    changed = replace(
        CHANGED, model_folder=folder, recent_model_folders=(other, folder), presets=(Preset(text, text),),
        keys={text: text}, server_model=text,
    )  # fmt: skip
    file = SettingsFile(tmp_path / "settings.json")
    file.save(changed)
    assert file.load() == (changed, None)
