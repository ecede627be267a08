#!/usr/bin/env bash
# Build the bundle, and packages of it, on Debian 12 or Ubuntu 24.04:
#   packaging/linux/build.sh [FOLDER [KIND...]]
# KIND is deb, rpm or run (all three unless given), or none: the bundle alone. What is built lands in FOLDER (dist unless
# given): lorgnette/, share/ (icons, entry of the menu), lorgnette packages of each kind, SHA256SUMS, and wheels/, where
# a small OpenCV, and PyAV with a small FFmpeg, are kept for the next time: they take twenty minutes.
# LORGNETTE_WHOLE_WHEELS=1 takes them as the package index has them: larger by more than 100 MB, and with parts of FFmpeg
# under the GPL.
# LORGNETTE_TORCH=BUILD brings torch along, for graphics cards of AMD (rocm7.1, or what there is) and Intel (xpu); the packages'
# names say so. Without it the bundle holds no torch, and the application downloads one for NVIDIA's cards. "cpu" is for tests:
# on processors torch answers nothing. Found on https://download.pytorch.org, unless PIP_FIND_LINKS has it. What is installed
# is what packaging/locks has the digests of; those of such a build are written by packaging/lock.py torch-BUILD.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../setup.sh"
cd "$root"
out=$(realpath -m "${1:-dist}")
[ $# -lt 2 ] && kinds="deb rpm run" || kinds="${*:2}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools="binutils elfutils gcc"
[ "${LORGNETTE_WHOLE_WHEELS:-}" ] || tools="$tools g++ make nasm pkg-config curl xz-utils libdav1d-dev zlib1g-dev python3-dev"
case " $kinds " in *" rpm "*) tools="$tools rpm" ;; esac
case " $kinds " in *" run "*) tools="$tools makeself xz-utils" ;; esac
# shellcheck disable=SC2086
prepare_system $qt_packages $tools
torch=${LORGNETTE_TORCH:-}
if [ "$torch" ] && [ ! -e "packaging/locks/torch-$torch.txt" ]; then
  echo "No digests are known of torch for $torch. Write them, where PIP_FIND_LINKS says it is: packaging/lock.py torch-$torch" >&2
  exit 1
fi
step() { printf '\n== %s\n' "$*"; }
mkdir -p "$out"

step "a clean virtual environment"
venv="$work/venv"
"${PYTHON:-python3}" -m venv "$venv"
python="$venv/bin/python"
pip="$python -m pip install $pip_options"
if [ ! "${LORGNETTE_WHOLE_WHEELS:-}" ]; then
  step "a small OpenCV, and PyAV with a small FFmpeg"
  packaging/small_av.sh "$python" "$out/wheels"
  packaging/linux/small_opencv.sh "$python" "$out/wheels"
  $pip "$out"/wheels/opencv_python_headless-*.whl "$out"/wheels/av-*.whl
fi
locked bundle
[ ! "$torch" ] || PIP_EXTRA_INDEX_URL="https://download.pytorch.org/whl/$torch ${PIP_EXTRA_INDEX_URL:-}" locked "torch-$torch"
$pip --no-build-isolation .
[ "${LORGNETTE_WHOLE_WHEELS:-}" ] || "$python" "$here/without_jbig.py"

step "the bundle"
"$venv/bin/pyinstaller" --noconfirm --log-level WARN --distpath "$work/dist" --workpath "$work/build" packaging/lorgnette.spec
# eu-strip leaves what is loaded where it is; strip moves it, and breaks libraries that auditwheel has changed.
find "$work/dist/lorgnette/_internal" -type f -name '*.so*' -exec eu-strip {} +
"$python" "$here/small_icu.py" "$work"/dist/lorgnette/_internal/PySide6/Qt/lib/libicudata.so.*
"$python" "$here/close_gaps.py" "$work/dist/lorgnette/_internal"
"$python" packaging/write_licences.py "$work/dist/lorgnette"
"$python" packaging/sbom.py --bundle "$work/dist/lorgnette"
rm -rf "$out/lorgnette" "$out/share"
cp -a "$work/dist/lorgnette" "$out/lorgnette"

step "icons and the entry of the menu"
share="$out/share"
mkdir -p "$share/applications" "$share/metainfo" "$share/doc/lorgnette" "$share/icons/hicolor/scalable/apps"
install -m 644 "$here/lorgnette.desktop" "$share/applications/lorgnette.desktop"
install -m 644 "$here/lorgnette.metainfo.xml" "$share/metainfo/io.github.lorgnette.Lorgnette.metainfo.xml"
install -m 644 "$here/copyright" "$share/doc/lorgnette/copyright"
install -m 644 resources/icons/lorgnette.svg "$share/icons/hicolor/scalable/apps/lorgnette.svg"
for size in 16 32 48 64 128 256 512; do
  mkdir -p "$share/icons/hicolor/${size}x${size}/apps"
  QT_QPA_PLATFORM=offscreen "$python" packaging/draw_icon.py "$size" "$share/icons/hicolor/${size}x${size}/apps/lorgnette.png"
done
printf 'bundle: %s MB\n' "$(du -sm "$out/lorgnette" | cut -f1)"

for kind in $kinds; do
  [ "$kind" = none ] || "$here/package.sh" "$out" "$kind"
done
