# Set-up shared by run.sh and check.sh; sourced by them. Does nothing, quickly, when everything is there.
# Usage: . packaging/setup.sh; prepare_system LIST...; prepare_python EXTRA

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${LORGNETTE_VENV:-$root/.venv}

# Debian and Ubuntu packages that Qt's xcb, wayland and offscreen platforms load, and fonts without which it draws boxes.
qt_packages="libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libx11-xcb1 libxcb-cursor0
libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1
libxkbcommon0 libxkbcommon-x11-0 libwayland-client0 libwayland-cursor0 libwayland-egl1 fonts-dejavu-core fonts-noto-cjk
fonts-noto-color-emoji python3-venv"
test_packages="xvfb xdotool openbox dbus-daemon fonts-liberation"

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

# prepare_python EXTRA: a virtual environment with the pinned packages; EXTRA is empty or "dev".
prepare_python() {
  local extra=$1 stamp wanted
  stamp="$venv/.lorgnette-${extra:-run}"
  wanted=$(cat "$root/pyproject.toml" "$root/packaging/constraints.txt" "$root/packaging/setup.sh" | sha256sum)
  [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  [ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lorgnette needs Python 3.11 or newer.")'
  "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --quiet \
    --constraint "$root/packaging/constraints.txt" --editable "$root${extra:+[$extra]}"
  # Only one test looks at torchvision, which would pull its own torch; it lies beside the packages, not among them.
  [ "$extra" = dev ] && "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --quiet \
    --no-deps --upgrade --target "$venv/torchvision" torchvision==0.28.0
  printf '%s\n' "$wanted" >"$stamp"
}
