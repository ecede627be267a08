#!/usr/bin/env bash
# Build OpenCV's wheel with what reading needs, and without films, FFmpeg, OpenBLAS and cameras: a tenth of the usual size.
#   packaging/small_opencv.sh PYTHON FOLDER
# The wheel lands in FOLDER, for PYTHON (an interpreter with pip); the version is that of constraints.txt, the source that
# of the package index. Needs a C++ compiler, and 3 to 15 minutes; a wheel that is there already is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$1
wheels=$(mkdir -p "$2" && cd "$2" && pwd)
version=$(sed -n 's/^opencv-python-headless==//p' "$here/constraints.txt")
! ls "$wheels/opencv_python_headless-$version-"*.whl >/dev/null 2>&1 || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"
numpy=$(sed -n 's/^numpy==/numpy==/p' "$here/constraints.txt")
$pip install "setuptools<80" wheel scikit-build cmake ninja packaging pip "$numpy"

# PNG is the one format that is left: Lorgnette hands over pixels, and opens files elsewhere.
# IPP is fetched from another address while CMake runs, and changes results a little: without it they are the same everywhere.
options="-DBUILD_LIST=core,imgproc,geometry,imgcodecs,python3 -DENABLE_PRECOMPILED_HEADERS=OFF -DWITH_IPP=OFF
-DWITH_FFMPEG=OFF -DWITH_GSTREAMER=OFF -DWITH_V4L=OFF -DWITH_OPENCL=OFF -DWITH_VULKAN=OFF -DWITH_ITT=OFF -DWITH_UNIFONT=OFF
-DWITH_LAPACK=OFF -DWITH_EIGEN=OFF -DWITH_PROTOBUF=OFF -DWITH_FLATBUFFERS=OFF -DWITH_QUIRC=OFF -DBUILD_PNG=ON -DBUILD_ZLIB=ON
-DWITH_JPEG=OFF -DWITH_TIFF=OFF -DWITH_WEBP=OFF -DWITH_OPENJPEG=OFF -DWITH_JASPER=OFF -DWITH_OPENEXR=OFF -DBUILD_OPENEXR=OFF
-DWITH_AVIF=OFF -DWITH_JPEGXL=OFF -DWITH_GDAL=OFF -DWITH_IMGCODEC_HDR=OFF -DWITH_IMGCODEC_SUNRASTER=OFF
-DWITH_IMGCODEC_PXM=OFF -DWITH_IMGCODEC_PFM=OFF -DWITH_IMGCODEC_GIF=OFF"
# shellcheck disable=SC2086 # one line of words
CMAKE_ARGS=$(echo $options) ENABLE_HEADLESS=1 \
  $pip wheel --no-deps --no-build-isolation --no-binary opencv-python-headless --wheel-dir "$wheels" "opencv-python-headless==$version"
ls -l "$wheels"
