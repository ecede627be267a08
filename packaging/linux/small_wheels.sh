#!/usr/bin/env bash
# Make PyAV's and OpenCV's wheels smaller by 110 MB, by exchanging libraries that they bring along:
#   packaging/linux/small_wheels.sh PYTHON FOLDER
# - FFmpeg, in both, for the same release built here without encoders, network and GPL parts: it only decodes what
#   Lorgnette opens;
# - OpenBLAS, in OpenCV, for Debian's reference LAPACK: reading solves nothing larger than 8 unknowns by it.
# The wheels land in FOLDER, for PYTHON (an interpreter with pip), with FFmpeg as it was built; what is there already is
# kept. Versions are those of constraints.txt. Needs a C compiler, make, nasm, pkg-config, patchelf, curl, zlib1g-dev,
# libdav1d-dev, libblas3 and liblapack3, and a few minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
pinned() { sed -n "s/^$1==//p" "$here/../constraints.txt"; }

ffmpeg=8.1.2 # the release that both wheels carry; exchange_ffmpeg stops where it is not
digest=464beb5e7bf0c311e68b45ae2f04e9cc2af88851abb4082231742a74d97b524c
built="$wheels/ffmpeg-$ffmpeg"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build_ffmpeg() {
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
  mv "$work/installed" "$built"
}

full_name() { basename "$1/lib$2-"*; }

# exchange_ffmpeg FOLDER: the libraries of FFmpeg in it, which auditwheel has given names of their own.
exchange_ffmpeg() {
  local name target source other needed major
  for name in avcodec avdevice avfilter avformat avutil swresample swscale; do
    [ -e "$1/$(full_name "$1" "$name")" ] || continue
    target="$1/$(full_name "$1" "$name")"
    source=$(realpath "$built/lib/lib$name.so")
    # libavcodec-5e6b81c2.so.62.28.102 is exchanged for libavcodec.so.62.28.*, and for no other version.
    needed=${target#*.so.} major=${source#*.so.}
    if [ "${needed%.*}" != "${major%.*}" ]; then
      echo "$(basename "$target") cannot be exchanged for $(basename "$source")." >&2
      return 1
    fi
    cp "$source" "$target"
    patchelf --set-soname "$(basename "$target")" --set-rpath '$ORIGIN' "$target"
    for other in avcodec avdevice avfilter avformat avutil swresample swscale; do
      [ -e "$1/$(full_name "$1" "$other")" ] || continue
      needed=$(full_name "$1" "$other") major=${needed#*.so.}
      patchelf --replace-needed "lib$other.so.${major%%.*}" "$needed" "$target"
    done
  done
  cp "$(ldconfig -p | sed -n 's/.*libdav1d\.so\..* => //p' | head -1)" "$1/"
}

# exchange_openblas PACKAGE FOLDER: OpenBLAS in it, which PACKAGE's library links to.
exchange_openblas() {
  local system
  system=/usr/lib/$(uname -m)-linux-gnu
  patchelf --replace-needed "$(basename "$2"/libopenblas*)" liblapack.so.3 "$1"
  patchelf --add-needed libblas.so.3 "$1" # In one call, patchelf 0.14 would write one name twice.
  rm "$2"/libopenblas* "$2"/libgfortran* "$2"/libquadmath*
  cp -L "$system/lapack/liblapack.so.3" "$system/blas/libblas.so.3" "$system/libgfortran.so.5" "$2/"
  [ ! -e "$system/libquadmath.so.0" ] || cp -L "$system/libquadmath.so.0" "$2/"
  patchelf --set-rpath '$ORIGIN' "$2/liblapack.so.3"
  patchelf --set-rpath '$ORIGIN' "$2/libblas.so.3"
}

# drop_orphans FOLDER LIBRARY...: what neither the libraries nor anything left in FOLDER links to any more.
drop_orphans() {
  local folder=$1 candidate dropped=yes
  shift
  while [ "$dropped" ]; do
    dropped=""
    for candidate in "$folder"/*; do
      if ! readelf -d "$@" "$folder"/* 2>/dev/null | grep -F "Shared library: [$(basename "$candidate")]" >/dev/null; then
        rm "$candidate"
        dropped=yes
      fi
    done
  done
}

# make_small NAME IN_FILES: fetch the wheel, exchange, and pack it again; IN_FILES is the name as files have it.
make_small() {
  local version folder
  version=$(pinned "$1")
  ! ls "$wheels/$2-$version-"*.whl >/dev/null 2>&1 || return 0
  [ -d "$built" ] || build_ffmpeg
  [ -d "$work/venv" ] || "$python" -m venv "$work/venv"
  "$work/venv/bin/python" -m pip --disable-pip-version-check --quiet install wheel
  "$work/venv/bin/python" -m pip --disable-pip-version-check --quiet download --no-deps --only-binary "$1" \
    --dest "$work/$2" "$1==$version"
  "$work/venv/bin/python" -m wheel unpack --dest "$work" "$work/$2"/*.whl >/dev/null
  folder="$work/$2-$version"
  exchange_ffmpeg "$folder/$2.libs"
  [ "$2" = av ] || exchange_openblas "$folder"/cv2/cv2.*.so "$folder/$2.libs"
  mapfile -t users < <(find "$folder" -name '*.so*' -not -path "$folder/$2.libs/*")
  drop_orphans "$folder/$2.libs" "${users[@]}"
  "$work/venv/bin/python" -m wheel pack --dest-dir "$wheels" "$folder" >/dev/null
}

make_small av av
make_small opencv-python-headless opencv_python_headless
ls -l "$wheels"
