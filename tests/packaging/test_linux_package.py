"""What the Linux package says of itself agrees with the application."""

import configparser
import subprocess
import sys
from pathlib import Path
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
