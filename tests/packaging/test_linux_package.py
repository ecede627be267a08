"""What the Linux package says of itself agrees with the application."""

import configparser
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

from app import __version__

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"


def desktop_entry() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(LINUX / "lorgnette.desktop", encoding="utf-8")
    return parser


def test_a_bundle_needs_what_the_application_needs_but_torch() -> None:
    command = [sys.executable, str(ROOT / "packaging" / "bundle_requirements.py")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    names = {line.split("=")[0].split(">")[0].split("<")[0] for line in told}
    assert {"openvino", "rapidocr", "pyside6-essentials", "pikepdf", "tokenizers"} <= names
    assert not {"torch", "qwen-vl-utils", "transformers"} & names


def test_the_desktop_opens_images_and_documents_with_it() -> None:
    entry = desktop_entry()["Desktop Entry"]
    kinds = set(entry["MimeType"].rstrip(";").split(";"))
    assert {"image/png", "image/jpeg", "image/heic", "image/tiff", "application/pdf"} <= kinds
    assert entry["Exec"] == "lorgnette %F"
    actions = [desktop_entry()[f"Desktop Action {name}"]["Exec"] for name in entry["Actions"].rstrip(";").split(";")]
    assert actions == ["lorgnette --capture", "lorgnette --clipboard"]


def test_the_software_centre_is_told_of_this_version() -> None:
    told = ET.parse(LINUX / "lorgnette.metainfo.xml").getroot()  # noqa: S314 - our own file
    assert told.findtext("launchable") == "lorgnette.desktop"
    releases = told.find("releases")
    assert releases is not None
    assert releases[0].get("version") == __version__


def test_the_package_depends_on_what_qt_loads() -> None:
    listed = (
        (ROOT / "packaging" / "setup.sh").read_text(encoding="utf-8").split('qt_packages="')[1].split('"')[0].split()
    )
    depends = (LINUX / "control").read_text(encoding="utf-8").split("Depends: ")[1].split("\n")[0]
    for package in listed:
        if package.startswith("lib"):
            assert package in depends


def test_the_rpm_asks_for_the_libraries_that_the_deb_asks_for() -> None:
    depends = (LINUX / "control").read_text(encoding="utf-8").split("Depends: ")[1].split("\n")[0]
    debian = {re.sub(r"[^a-z0-9]", "", re.split(r"[ |]", name.strip())[0]) for name in depends.split(",")}
    wanted = {name for name in debian if name.startswith("lib") and name not in {"libc6", "libstdc6"}}
    recipe = (LINUX / "lorgnette.rpm.spec").read_text(encoding="utf-8")
    asked = {
        re.sub(r"[^a-z0-9]", "", (name + number).lower())
        for name, number in re.findall(r"(lib\S+)\.so\.(\d+)\(\)", recipe)
    }
    assert asked == wanted


def bundle_contents() -> ModuleType:
    """PyInstaller's recipe imports it from its own folder."""
    place = ROOT / "packaging" / "bundle_contents.py"
    specification = importlib.util.spec_from_file_location("bundle_contents", place)
    assert specification is not None
    assert specification.loader is not None
    contents = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(contents)
    return contents


def test_libraries_that_nothing_left_links_to_are_left_out() -> None:
    # GIVEN a plugin that was left out already, the library that it alone linked to, and what that linked to, and back
    contents = bundle_contents()
    links = {
        "core.so": {"libc.so.6", "libused-1.so.2"},
        "libgtk-3.so.0": {"libcairo.so.2"},
        "libcairo.so.2": {"libgtk-3.so.0"},
    }
    entries = [
        ("reader/core.so", "core.so", "EXTENSION"),
        ("some.libs/libused-1.so.2", "libused-1.so.2", "BINARY"),
        ("libused-1.so.2", "some.libs/libused-1.so.2", "SYMLINK"),
        ("libgtk-3.so.0", "libgtk-3.so.0", "BINARY"),
        ("libcairo.so.2", "libcairo.so.2", "BINARY"),
        ("libpython3.12.so.1.0", "libpython3.12.so.1.0", "BINARY"),
        ("openvino/libs/libopenvino_intel_cpu_plugin.so", "libopenvino_intel_cpu_plugin.so", "BINARY"),
    ]
    # WHEN the rest is asked for
    left = contents.without_orphans(entries, lambda source: links.get(source, set()))
    # THEN both libraries are gone, and those that are linked to, or opened by name, are there
    assert {entry[0] for entry in entries} - {entry[0] for entry in left} == {"libgtk-3.so.0", "libcairo.so.2"}


IMPORTED = """
import sys, torch
for name, module in list(sys.modules.items()):
    spec = getattr(module, "__spec__", None)
    # Those without a file are parts of the interpreter, or names that a module gives to another.
    if name.partition(".")[0] in sys.stdlib_module_names and spec and spec.has_location and spec.name == name:
        print(name)
"""


def test_the_bundle_has_what_a_downloaded_torch_imports() -> None:
    said = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True).stdout
    imported = set(said.split())
    assert len(imported) > 100
    assert imported - set(bundle_contents().standard_library()) == set()
