#!/usr/bin/env bash
# Build Lorgnette.app, with torch for Apple's graphics cards, and a .dmg of it, on macOS 15 or newer with Python 3.12 and
# Xcode's tools, and pkgconf and dav1d of Homebrew. NOT RUN YET.
#   packaging/macos/build.sh [FOLDER]
# What is built lands in FOLDER (dist unless given): Lorgnette.app, lorgnette-VERSION-macos-MACHINE.dmg, SHA256SUMS, and
# wheels/, where PyAV with a small FFmpeg is kept for the next time.
# It is for the kind of machine that builds it. On Intel it stops: neither OpenVINO nor ONNX Runtime has wheels for Intel Macs
# any more; their own builds of the pinned versions, in a folder that PIP_FIND_LINKS names, and LORGNETTE_INTEL=1 let it go on.
#
# Signing and notarisation happen where these are set, else the application is signed ad hoc and macOS asks before it opens:
#   LORGNETTE_IDENTITY        "Developer ID Application: NAME (TEAM)", a certificate of the key chain
#   LORGNETTE_NOTARY_PROFILE  a profile that `xcrun notarytool store-credentials` has made, and
#   LORGNETTE_NOTARY_KEYCHAIN the key chain that it lies in, where that is not the login's
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
cd "$root"
[ "$(uname -s)" = Darwin ] || { echo "A .dmg can only be built on macOS." >&2 && exit 1; }
machine=$(uname -m)
if [ "$machine" = x86_64 ] && [ ! "${LORGNETTE_INTEL:-}" ]; then
  echo "OpenVINO and ONNX Runtime have no wheels for Intel Macs; see the head of this script." >&2
  exit 1
fi
mkdir -p "${1:-dist}" build
out=$(cd "${1:-dist}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
step() { printf '\n== %s\n' "$*"; }

step "a clean virtual environment"
venv="$work/venv"
"${PYTHON:-python3}" -m venv "$venv"
python="$venv/bin/python"
pip="$python -m pip install $pip_options"
packaging/small_av.sh "$python" "$out/wheels"
$pip "$out"/wheels/av-*.whl
locked bundle torch
$pip --no-build-isolation .
version=$("$python" -c 'from app import __version__; print(__version__)')

step "the application"
QT_QPA_PLATFORM=offscreen "$python" packaging/draw_icon.py 1024 build/lorgnette.icns
"$venv/bin/pyinstaller" --noconfirm --log-level WARN --distpath "$work/dist" --workpath "$work/build" packaging/lorgnette.spec
"$python" packaging/write_licences.py "$work/dist/Lorgnette.app"
"$python" packaging/sbom.py --bundle "$work/dist/Lorgnette.app"
rm -rf "$out/Lorgnette.app"
ditto "$work/dist/Lorgnette.app" "$out/Lorgnette.app"
application="$out/Lorgnette.app"

step "signatures"
identity=${LORGNETTE_IDENTITY:--}
timestamp=--timestamp
[ "$identity" != - ] || timestamp=--timestamp=none
sign() { codesign --force --sign "$identity" "$timestamp" --options runtime --entitlements packaging/macos/entitlements.plist "$@"; }
# From the inside out: a signature covers what is in place when it is made.
find "$application" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 | while IFS= read -r -d '' library; do sign "$library"; done
sign "$application"
codesign --verify --deep --strict "$application"

step "it reads"
read=$("$application/Contents/MacOS/lorgnette" ocr resources/samples/note.png | xargs)
[ "$read" = 'Gate B14 Boarding 09:35 Luggage: 23 kg' ] || { echo "The application does not read: $read" >&2 && exit 1; }

step "the image of a disk"
image="$out/lorgnette-$version-macos-$machine.dmg"
mkdir "$work/disk"
ditto "$application" "$work/disk/Lorgnette.app"
ln -s /Applications "$work/disk/Applications"
rm -f "$image"
hdiutil create -quiet -volname "Lorgnette $version" -srcfolder "$work/disk" -fs HFS+ -format ULMO "$image"
if [ "$identity" != - ]; then codesign --force --sign "$identity" --timestamp "$image"; fi

if [ "${LORGNETTE_NOTARY_PROFILE:-}" ]; then
  step "notarisation"
  xcrun notarytool submit "$image" --keychain-profile "$LORGNETTE_NOTARY_PROFILE" \
    ${LORGNETTE_NOTARY_KEYCHAIN:+--keychain "$LORGNETTE_NOTARY_KEYCHAIN"} --wait
  xcrun stapler staple "$image"
  spctl --assess --type open --context context:primary-signature --verbose "$image"
fi
(cd "$out" && shasum -a 256 "$(basename "$image")" >SHA256SUMS)
printf '%s: %s MB\n' "$(basename "$image")" "$(du -sm "$image" | cut -f1)"
