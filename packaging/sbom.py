"""Write a software bill of materials as JSON of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

    sbom.py FILE              of the packages that this Python has
    sbom.py --bundle BUNDLE   of a bundle that this Python has built, into it, beside its licences

Each package has its version, licence, purl (https://github.com/package-url/purl-spec), what it depends on, and the
SHA-256 of the files of which one was installed: those of packaging/locks, or of the wheel that was built here. A bundle
has Python, Qt, FFmpeg and the system's libraries besides. The same packages give the same file.
"""

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lock import LOCKS, digests, normalised, pins
from packaging.requirements import Requirement
from write_licences import NOT_INSIDE, bundle_resources, system_packages

Component = dict[str, Any]
FILE_NAME = "sbom.cdx.json"


def locked_digests() -> dict[tuple[str, str], list[str]]:
    """The SHA-256 that the locks allow, by normalised name and version."""
    found: dict[tuple[str, str], list[str]] = {}
    for lock in sorted(LOCKS.glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        versions = pins(text)
        for name, allowed in digests(text).items():
            known = found.setdefault((name, versions[name]), [])
            known += [digest for digest in allowed if digest not in known]
    return found


def component(distribution: importlib.metadata.Distribution, allowed: dict[tuple[str, str], list[str]]) -> Component:
    """An installed package."""
    name, version = normalised(distribution.name), distribution.version
    purl = f"pkg:pypi/{name}@{version.replace('+', '%2B')}"
    made: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": distribution.name,
        "version": version,
        "licenses": licences(distribution),
        "purl": purl,
    }
    # Of a wheel that was built here (PEP 610); else it is one of the files that the lock allows.
    origin = json.loads(distribution.read_text("direct_url.json") or "{}").get("archive_info", {})
    own = origin.get("hashes", {}).get("sha256") or origin.get("hash", "").removeprefix("sha256=")
    if own:
        made["hashes"] = hashes([own])
    elif (name, version) in allowed:
        reference = {"type": "distribution", "url": purl, "hashes": hashes(allowed[name, version])}
        made["externalReferences"] = [reference]
    return made


def hashes(digests: Iterable[str]) -> list[dict[str, str]]:
    """SHA-256 in CycloneDX's form."""
    return [{"alg": "SHA-256", "content": digest} for digest in digests]


def licences(distribution: importlib.metadata.Distribution) -> list[dict[str, Any]]:
    """A package's licence: SPDX's expression where it has one (PEP 639), else as its author named it."""
    told = distribution.metadata
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    classifiers = [str(line).split(" :: ") for line in told.get_all("Classifier") or ()]
    named = [parts[-1] for parts in classifiers if parts[0] == "License" and len(parts) > 2]
    if not named and "License" in told and told["License"].strip():
        named = [told["License"].strip().splitlines()[0]]
    return [{"license": {"name": name}} for name in named]


def dependencies(distributions: dict[str, importlib.metadata.Distribution], refs: dict[str, str]) -> list[Component]:
    """Which of the packages need which others of them."""
    found = []
    for name in sorted(refs):
        wanted = [Requirement(line) for line in distributions[name].requires or ()]
        names = {normalised(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
        found.append({"ref": refs[name], "dependsOn": sorted(refs[other] for other in names & refs.keys())})
    return found


def beside_packages(bundle: Path) -> list[Component]:
    """Python, the large libraries inside packages, and those of Debian."""
    import av  # noqa: PLC0415 - a bundle's environment has them; a test of the rest need not
    from PySide6.QtCore import qVersion  # noqa: PLC0415

    python = sys.version.partition(" ")[0]
    found = [
        ("Python", python, "Python-2.0.1", f"pkg:generic/python@{python}"),
        ("Qt", qVersion(), "LGPL-3.0-only", f"pkg:generic/qt@{qVersion()}"),
        ("FFmpeg", av.ffmpeg_version_info, "LGPL-2.1-or-later", f"pkg:generic/ffmpeg@{av.ffmpeg_version_info}"),
    ]
    made: list[Component] = [
        {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "licenses": [{"license": {"id": licence}}],
            "purl": purl,
        }
        for name, version, licence, purl in found
    ]
    for name in sorted(system_packages(bundle)):
        command = ["dpkg-query", "-W", "-f=${Version}\n", name]
        version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
        purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}"
        made.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    return made


def bill(
    distributions: Iterable[importlib.metadata.Distribution], left_out: Iterable[str], others: Iterable[Component] = ()
) -> dict[str, Any]:
    """The whole document: the packages but those `left_out`, and `others`; Lorgnette itself is what it is about."""
    by_name = {normalised(distribution.name): distribution for distribution in distributions}
    (version,) = re.findall(r'^__version__ = "(.+)"', (LOCKS.parents[1] / "app/__init__.py").read_text(), re.MULTILINE)
    allowed = locked_digests()
    kept = sorted(by_name.keys() - {"lorgnette", *left_out})
    components = [*(component(by_name[name], allowed) for name in kept), *others]
    refs = {name: str(part["bom-ref"]) for name, part in zip(kept, components, strict=False)}
    root = {"type": "application", "bom-ref": "lorgnette", "name": "Lorgnette", "version": version}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([root, components])).urn,
        "version": 1,
        "metadata": {"component": root},
        "components": components,
        "dependencies": [
            {"ref": "lorgnette", "dependsOn": [str(part["bom-ref"]) for part in components]},
            *dependencies(by_name, refs),
        ],
    }


def main() -> None:
    """Write it. Stops at a package of a bundle whose digest nobody knows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--bundle", type=Path)
    options = parser.parse_args()
    if bool(options.file) == bool(options.bundle):
        parser.error("either FILE or --bundle BUNDLE")
    found = importlib.metadata.distributions()
    if options.bundle:
        made = bill(found, NOT_INSIDE, beside_packages(options.bundle))
        unknown = [
            one["name"]
            for one in made["components"]
            if "pypi" in one["purl"] and not {"hashes", "externalReferences"} & one.keys()
        ]
        if unknown:
            sys.exit(f"In no lock: {', '.join(unknown)}.")
        target = bundle_resources(options.bundle) / FILE_NAME
    else:
        made, target = bill(found, ("pip",)), options.file
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target}: {len(made['components'])} components")


if __name__ == "__main__":
    main()
