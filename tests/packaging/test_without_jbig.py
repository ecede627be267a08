"""A tesserocr without JBIG-KIT reads as before."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.engine.reader.tesseract import PACKS
from tests.support.packaging_scripts import packaging_script

READ = """
import sys
import tesserocr
assert tesserocr.__file__.startswith(sys.argv[1])
with tesserocr.PyTessBaseAPI(path=sys.argv[2], lang="pan", psm=tesserocr.PSM.RAW_LINE) as api:
    api.SetImageBytes(bytes([255] * 4000), 100, 40, 1, 100)
    api.Recognize()
print("works")
"""


@pytest.mark.skipif(shutil.which("cc") is None or sys.platform != "linux", reason="no compiler")
def test_tesserocr_works_without_jbig(tmp_path: Path) -> None:
    has_jbig = packaging_script("bundle_contents").has_jbig
    spec = importlib.util.find_spec("tesserocr")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    libraries = package.with_name("tesserocr.libs")
    if not has_jbig(libraries):
        pytest.skip("this build of tesserocr has none")
    shutil.copytree(package, tmp_path / package.name)
    shutil.copytree(libraries, tmp_path / libraries.name)
    packaging_script("linux/without_jbig").replace_jbig(tmp_path)
    assert not has_jbig(tmp_path / libraries.name)
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path), str(PACKS)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert ran.stdout == "works\n", ran.stderr
