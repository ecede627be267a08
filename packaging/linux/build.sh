#!/usr/bin/env bash
# Build the bundle without torch, and a .deb of it, on Debian 12 or Ubuntu 24.04: packaging/linux/build.sh [FOLDER]
# What is built lands in FOLDER (dist unless given): lorgnette/ and lorgnette_VERSION_ARCH.deb, with SHA256SUMS.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../setup.sh"
cd "$root"
out=$(realpath -m "${1:-dist}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086
prepare_system $qt_packages binutils
step() { printf '\n== %s\n' "$*"; }

step "a clean virtual environment"
"${PYTHON:-python3}" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --quiet --constraint packaging/constraints.txt"
"$work/venv/bin/python" packaging/bundle_requirements.py >"$work/requirements.txt"
$pip --requirement "$work/requirements.txt" pyinstaller==6.22.0
$pip --no-deps .

step "the bundle"
"$work/venv/bin/pyinstaller" --noconfirm --log-level WARN --distpath "$work/dist" --workpath "$work/build" packaging/lorgnette.spec
mkdir -p "$out"
rm -rf "$out/lorgnette"
cp -a "$work/dist/lorgnette" "$out/lorgnette"

step "the package"
version=$(PYTHONPATH=$root "$work/venv/bin/python" -c 'from app import __version__; print(__version__)')
arch=$(dpkg --print-architecture)
tree="$work/deb"
mkdir -p "$tree/DEBIAN" "$tree/usr/lib" "$tree/usr/bin" "$tree/usr/share/applications" "$tree/usr/share/metainfo" \
  "$tree/usr/share/icons/hicolor/scalable/apps" "$tree/usr/share/doc/lorgnette"
cp -a "$out/lorgnette" "$tree/usr/lib/lorgnette"
ln -s ../lib/lorgnette/lorgnette "$tree/usr/bin/lorgnette"
install -m 644 "$here/lorgnette.desktop" "$tree/usr/share/applications/lorgnette.desktop"
install -m 644 "$here/lorgnette.metainfo.xml" "$tree/usr/share/metainfo/io.github.lorgnette.Lorgnette.metainfo.xml"
install -m 644 resources/icons/lorgnette.svg "$tree/usr/share/icons/hicolor/scalable/apps/lorgnette.svg"
for size in 16 32 48 64 128 256 512; do
  mkdir -p "$tree/usr/share/icons/hicolor/${size}x${size}/apps"
  QT_QPA_PLATFORM=offscreen "$work/venv/bin/python" "$here/draw_icon.py" "$size" "$tree/usr/share/icons/hicolor/${size}x${size}/apps/lorgnette.png"
done
install -m 644 "$here/copyright" "$tree/usr/share/doc/lorgnette/copyright"
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$(du -sk "$tree/usr" | cut -f1)/" "$here/control" >"$tree/DEBIAN/control"
(cd "$tree" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
chmod -R go-w,a+rX "$tree"
deb="$out/lorgnette_${version}_${arch}.deb"
dpkg-deb --root-owner-group -Zzstd -z10 --build "$tree" "$deb" >/dev/null
(cd "$out" && sha256sum "$(basename "$deb")" >SHA256SUMS)
printf 'bundle: %s MB, package: %s MB\n' "$(du -sm "$out/lorgnette" | cut -f1)" "$(du -sm "$deb" | cut -f1)"
