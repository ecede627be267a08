#!/usr/bin/env bash
# Put an FFmpeg into PyAV's wheel that only decodes what Lorgnette opens: without encoders, network and GPL parts.
#   packaging/linux/small_ffmpeg.sh PYTHON FOLDER
# The wheel lands in FOLDER, for PYTHON (an interpreter with pip); PyAV's version is that of constraints.txt. It is the
# package index's wheel with its FFmpeg exchanged for the same release, built here. Needs a C compiler, make, nasm,
# pkg-config, patchelf, curl, zlib1g-dev and libdav1d-dev, and a few minutes; a wheel that is there already is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
version=$(sed -n 's/^av==//p' "$here/../constraints.txt")
! ls "$wheels/av-$version-"*.whl >/dev/null 2>&1 || exit 0

ffmpeg=8.1.2 # the release that this version of PyAV carries; the check below fails where it is not
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
$pip install wheel
$pip download --no-deps --only-binary av --dest "$work/wheel" "av==$version"
"$work/venv/bin/python" -m wheel unpack --dest "$work" "$work/wheel"/av-*.whl >/dev/null
libraries="$work/av-$version/av.libs"
mkdir "$work/exchanged"
ours="avcodec avdevice avfilter avformat avutil swresample swscale"
full_name() { basename "$libraries/lib$1-"*; }
for name in $ours; do
  target="$work/exchanged/$(full_name "$name")"
  built=$(realpath "$work/installed/lib/lib$name.so")
  # libavcodec-5e6b81c2.so.62.28.102 is to be exchanged for libavcodec.so.62.28.102, and for no other version.
  [ "${target#*.so.}" = "${built#*.so.}" ] || { echo "PyAV carries $(basename "$target"), not $(basename "$built")." >&2 && exit 1; }
  cp "$built" "$target"
  patchelf --set-soname "$(basename "$target")" --set-rpath '$ORIGIN' "$target"
  for other in $ours; do
    needed=$(full_name "$other")
    major=${needed#*.so.}
    patchelf --replace-needed "lib$other.so.${major%%.*}" "$needed" "$target"
  done
done
cp "$(ldconfig -p | sed -n 's/.*libdav1d\.so\..* => //p' | head -1)" "$work/exchanged/"
rm -rf "$libraries"
mv "$work/exchanged" "$libraries"
"$work/venv/bin/python" -m wheel pack --dest-dir "$wheels" "$work/av-$version" >/dev/null
ls -l "$wheels"
