#!/usr/bin/env bash
# Make a small wheel of OpenCV, from its source package with the modules that reading needs alone: one library of 12 MB
# (stripped), where the published wheel brings 103.
#   packaging/linux/small_opencv.sh PYTHON FOLDER
# It lands in FOLDER, for PYTHON (an interpreter with pip); one that is there already is kept. The version is that of
# constraints.txt. Needs compilers for C and C++ and Python's headers, and some ten minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
version=$(sed -n 's/^opencv-python-headless==//p' "$here/../constraints.txt")
! ls "$wheels/opencv_python_headless-$version-"*.whl >/dev/null 2>&1 || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"

# The tools, and OpenCV's source, are those whose digests are in packaging/locks.
locks="$here/../locks"
$pip install --no-deps --require-hashes --requirement "$locks/source-tools.txt"
$pip download --no-deps --no-build-isolation --no-binary :all: --require-hashes --dest "$work" \
  --requirement "$locks/source-opencv.txt"
mkdir "$work/opencv"
tar -xzf "$work"/opencv*.tar.gz -C "$work/opencv" --strip-components=1
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
