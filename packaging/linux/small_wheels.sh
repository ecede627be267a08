#!/usr/bin/env bash
# Make small wheels of PyAV and OpenCV: packaging/linux/small_wheels.sh PYTHON FOLDER
# - PyAV's FFmpeg is exchanged for the same release built here without encoders, network and GPL parts: it only decodes
#   what Lorgnette opens;
# - OpenCV is built from its source package with the modules that reading needs alone.
# The wheels land in FOLDER, for PYTHON (an interpreter with pip), with FFmpeg as it was built; what is there already is
# kept. Versions are those of constraints.txt. Needs compilers for C and C++, Python's headers, make, nasm, pkg-config,
# patchelf, curl, zlib1g-dev and libdav1d-dev, and a quarter of an hour.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
pinned() { sed -n "s/^$1==//p" "$here/../constraints.txt"; }

ffmpeg=8.1.2 # the release that PyAV's wheel carries; exchange_ffmpeg stops where it is not
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

pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"
made() { ls "$wheels/$1-$2-"*.whl >/dev/null 2>&1; }

make_av() {
  local version folder
  version=$(pinned av)
  ! made av "$version" || return 0
  [ -d "$built" ] || build_ffmpeg
  $pip install wheel
  $pip download --no-deps --only-binary av --dest "$work/av" "av==$version"
  "$work/venv/bin/python" -m wheel unpack --dest "$work" "$work/av"/*.whl >/dev/null
  folder="$work/av-$version"
  exchange_ffmpeg "$folder/av.libs"
  mapfile -t users < <(find "$folder" -name '*.so*' -not -path "$folder/av.libs/*")
  drop_orphans "$folder/av.libs" "${users[@]}"
  "$work/venv/bin/python" -m wheel pack --dest-dir "$wheels" "$folder" >/dev/null
}

# OpenCV in one library of 12 MB (stripped), where the published wheel brings 103.
make_opencv() {
  local version options
  version=$(pinned opencv-python-headless)
  ! made opencv_python_headless "$version" || return 0
  $pip install "setuptools<80" wheel scikit-build cmake ninja packaging pip "numpy==$(pinned numpy)"
  $pip download --no-deps --no-build-isolation --no-binary opencv-python-headless --dest "$work/opencv" \
    "opencv-python-headless==$version"
  tar -xzf "$work/opencv"/*.tar.gz -C "$work/opencv" --strip-components=1
  # Its descriptions of types cannot be made without all modules, and the recipe insists on them.
  sed -i -e 's/\[ r"python\/cv2\/py.typed" \] .*/[]/' -e 's/\(\["cv2.typing"\] = \).*/\1[]/' "$work/opencv/setup.py"
  # PNG is the one format that is left: Lorgnette hands over pixels, and opens files elsewhere. numpy asks for SSE4.2 too.
  # IPP would be fetched while CMake runs, and changes results a little: without it they are the same everywhere.
  options="-DBUILD_LIST=core,imgproc,geometry,imgcodecs,python3 -DCPU_BASELINE=SSE4_2 -DCPU_DISPATCH=AVX2
    -DCMAKE_CXX_FLAGS_RELEASE='-O2 -DNDEBUG' -DENABLE_PRECOMPILED_HEADERS=OFF
    -DWITH_IPP=OFF -DWITH_FFMPEG=OFF -DWITH_GSTREAMER=OFF -DWITH_V4L=OFF -DWITH_OPENCL=OFF -DWITH_VULKAN=OFF -DWITH_ITT=OFF
    -DWITH_UNIFONT=OFF -DWITH_LAPACK=OFF -DWITH_EIGEN=OFF -DWITH_PROTOBUF=OFF -DWITH_FLATBUFFERS=OFF -DWITH_QUIRC=OFF
    -DBUILD_PNG=ON -DBUILD_ZLIB=ON -DWITH_JPEG=OFF -DWITH_TIFF=OFF -DWITH_WEBP=OFF -DWITH_OPENJPEG=OFF -DWITH_JASPER=OFF
    -DWITH_OPENEXR=OFF -DBUILD_OPENEXR=OFF -DWITH_AVIF=OFF -DWITH_JPEGXL=OFF -DWITH_GDAL=OFF -DWITH_IMGCODEC_HDR=OFF
    -DWITH_IMGCODEC_SUNRASTER=OFF -DWITH_IMGCODEC_PXM=OFF -DWITH_IMGCODEC_PFM=OFF -DWITH_IMGCODEC_GIF=OFF"
  CMAKE_ARGS=$(echo $options) ENABLE_HEADLESS=1 $pip wheel --no-deps --no-build-isolation --wheel-dir "$wheels" "$work/opencv"
}

"$python" -m venv "$work/venv"
make_av
make_opencv
ls -l "$wheels"
