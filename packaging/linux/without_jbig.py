"""Replace JBIG-KIT, which is under the GPL, in an installed tesserocr: `without_jbig.py [SITE_PACKAGES]`.

The wheel's libtiff links to it for TIFF files with JBIG. Lorgnette hands Tesseract pixels, never a file, so functions
that fail take its place. Needs a C compiler.
"""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

FUNCTIONS = (
    "jbg_dec_free", "jbg_dec_getimage", "jbg_dec_getsize", "jbg_dec_in", "jbg_dec_init",
    "jbg_enc_free", "jbg_enc_init", "jbg_enc_out", "jbg_newlen", "jbg_strerror",
)  # fmt: skip
"""Those that libtiff links to; the result of an unknown error, or of no image, is what they return."""


def replace_jbig(packages: Path) -> None:
    """Put a library of functions that fail in the place of each JBIG-KIT beside tesserocr in `packages`."""
    source = "\n".join(f"long {name}(void) {{ return 0x40; }}" for name in FUNCTIONS)
    for library in (packages / "tesserocr.libs").glob("libjbig-*"):
        with tempfile.TemporaryDirectory() as folder:
            code = Path(folder, "no_jbig.c")
            code.write_text(source, encoding="ascii")
            arguments = ["-shared", "-fPIC", "-Os", f"-Wl,-soname,{library.name}", "-o", str(library), str(code)]
            library.unlink()
            subprocess.run(["cc", *arguments], check=True)


if __name__ == "__main__":
    replace_jbig(Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("platlib")))
