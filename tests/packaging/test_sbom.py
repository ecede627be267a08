"""The bill of materials has every locked package with version, licence, purl and digests."""

import json
import re
from importlib.metadata import Distribution, PathDistribution, distributions
from pathlib import Path

import lock
import pytest
import sbom
from packaging.requirements import Requirement

SHA = re.compile(r"[0-9a-f]{64}")


def package(folder: Path, name: str, version: str, *headers: str, origin: str = "") -> Distribution:
    """An installed package, as pip records it."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *headers]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if origin:
        (info / "direct_url.json").write_text(json.dumps({"url": "file:///a.whl", "archive_info": json.loads(origin)}))
    return PathDistribution(info)


def locked_here(name: str) -> dict[str, str]:
    """The versions of a lock that this Python and system want."""
    text = (lock.LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    lines = map(Requirement, re.findall(r"^([\w.-]+==[^\\\n]+)", text, re.MULTILINE))
    names = {lock.normalised(one.name) for one in lines if one.marker is None or one.marker.evaluate()}
    return {package: version for package, version in lock.pins(text).items() if package in names}


def digests_of(component: sbom.Component) -> list[str]:
    references = component.get("externalReferences", [])
    entries = component.get("hashes", []) + [entry for one in references for entry in one["hashes"]]
    assert {entry["alg"] for entry in entries} <= {"SHA-256"}
    return [entry["content"] for entry in entries]


def test_every_locked_package_is_in_it() -> None:
    bill = sbom.bill(distributions(), ("pip",))
    found = {lock.normalised(one["name"]): one for one in bill["components"]}
    allowed = sbom.locked_digests()
    locked = locked_here("run")
    assert len(locked) > 50
    for name, version in locked.items():
        component = found[name]
        assert component["version"] == version
        assert component["purl"] == component["bom-ref"] == f"pkg:pypi/{name}@{version}"
        assert component["licenses"]
        assert digests_of(component) == allowed[name, version]
        assert all(map(SHA.fullmatch, digests_of(component)))
    assert digests_of(found["torch"])


def test_it_has_the_form_that_cyclonedx_has() -> None:
    bill = sbom.bill(distributions(), ("pip",))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # The schema's own pattern.
    assert re.fullmatch(f"urn:uuid:{uuid}", bill["serialNumber"])
    refs = [one["bom-ref"] for one in bill["components"]]
    assert len(set(refs)) == len(refs)
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert needs.keys() == {"lorgnette", *refs}
    assert all(set(names) <= set(refs) for names in needs.values())
    (reader,) = (ref for ref in refs if ref.startswith("pkg:pypi/rapidocr@"))
    assert any(ref.startswith("pkg:pypi/pillow@") for ref in needs[reader])
    for one in bill["components"]:
        assert {"type", "name", "version"} <= one.keys()
        for licence in one.get("licenses", ()):
            assert licence.keys() in ({"expression"}, {"license"})
    assert json.loads(json.dumps(bill)) == bill


def test_the_same_packages_give_the_same_bill() -> None:
    assert sbom.bill(distributions(), ()) == sbom.bill(reversed(list(distributions())), ())


def test_a_wheel_that_was_built_here_has_its_own_digest(tmp_path: Path) -> None:
    version = lock.pins(lock.CONSTRAINTS.read_text(encoding="utf-8"))["av"]
    for number, origin in enumerate(({"hashes": {"sha256": "a" * 64}}, {"hash": f"sha256={'a' * 64}"})):
        (folder := tmp_path / str(number)).mkdir()
        built = package(folder, "av", version, origin=json.dumps(origin))
        assert digests_of(sbom.component(built, sbom.locked_digests())) == ["a" * 64]


@pytest.mark.parametrize(
    ("headers", "licences"),
    [
        (["License-Expression: MIT OR Apache-2.0", "License: x"], [{"expression": "MIT OR Apache-2.0"}]),
        (
            [
                "License: BSD",
                "Classifier: License :: OSI Approved :: BSD License",
                "Classifier: License :: OSI Approved",
            ],
            [{"license": {"name": "BSD License"}}],
        ),
        (["License: MIT"], [{"license": {"name": "MIT"}}]),
        ([], []),
    ],
)
def test_licences_are_those_that_packages_name(tmp_path: Path, headers: list[str], licences: list[object]) -> None:
    assert sbom.licences(package(tmp_path, "one", "1.0", *headers)) == licences


def test_a_package_that_no_lock_has_has_no_digest(tmp_path: Path) -> None:
    made = sbom.component(package(tmp_path, "Some_Thing", "1.0+local"), sbom.locked_digests())
    assert made["purl"] == "pkg:pypi/some-thing@1.0%2Blocal"
    assert digests_of(made) == []
