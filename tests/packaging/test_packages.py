"""What the bundle holds, and what the Linux packages say of themselves, agrees with the application."""

import configparser
import re
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app import __version__
from tests.support.packaging_scripts import packaging_script

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"


def desktop_entry() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(LINUX / "lorgnette.desktop", encoding="utf-8")
    return parser


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


def test_code_under_the_gpl_is_told_by_what_ffmpeg_was_configured_with() -> None:
    gpl_parts = packaging_script("bundle_contents").gpl_parts
    assert gpl_parts("--enable-version3 --enable-libx264 --enable-libx265") == ["libx264", "libx265"]
    recipe = (ROOT / "packaging" / "small_av.sh").read_text(encoding="utf-8")
    ours = recipe.split("./configure ")[1].split(">/dev/null")[0]
    assert gpl_parts(ours) == []


def distribution(folder: Path, name: str, **files: str) -> PathDistribution:
    """An installed package, as pip records it."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    for file, text in files.items():
        (info / file).write_text(text, encoding="utf-8")
    (info / "RECORD").write_text("\n".join(f"{info.name}/{file},," for file in ("METADATA", *files)), encoding="utf-8")
    return PathDistribution(info)


def test_each_package_comes_with_the_text_of_its_licence(tmp_path: Path) -> None:
    installed = [
        distribution(tmp_path, "with_text", LICENSE="Do as you like.", COPYING="Do as you like.", NOTICE="By me."),
        distribution(tmp_path, "tokenizers"),
        distribution(tmp_path, "pip"),
    ]
    assert list(packaging_script("write_licences").packages(iter(installed))) == [
        ("tokenizers 1.0", "Apache-2.0; its text stands at the end."),
        ("with_text 1.0", "Do as you like.\n\nBy me."),
    ]


def test_a_package_without_a_licence_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="What is the licence of nobodys"):
        list(packaging_script("write_licences").packages(iter([distribution(tmp_path, "Nobodys")])))


def test_texts_that_packages_do_not_bring_along_are_there() -> None:
    licences = packaging_script("write_licences")
    assert set(licences.WITHOUT_TEXT.values()) <= {text.stem for text in licences.TEXTS.glob("*.txt")}


def test_libraries_that_nothing_left_links_to_are_left_out() -> None:
    # GIVEN a plugin that was left out already, the library that it alone linked to, and what that linked to, and back
    contents = packaging_script("bundle_contents")
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
        ("torch/lib/libtorch_global_deps.so", "libtorch_global_deps.so", "BINARY"),
        ("PySide6/Qt/lib/libQt6Qml.so.6", "libQt6Qml.so.6", "BINARY"),
    ]
    # WHEN the rest is asked for
    left = contents.without_orphans(entries, lambda source: links.get(source, set()))
    # THEN those libraries and one of Qt's are gone, and those that are linked to, or opened by name, are there
    assert {entry[0] for entry in entries} - {entry[0] for entry in left} == {
        "libgtk-3.so.0",
        "libcairo.so.2",
        "PySide6/Qt/lib/libQt6Qml.so.6",
    }


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
    assert imported - set(packaging_script("bundle_contents").standard_library()) == set()
