#!/usr/bin/env bash
# Build the packages in a Debian 12 that holds nothing else, so that nothing of this machine gets into them. As root:
#   packaging/linux/build_clean.sh [FOLDER [KIND...]]
# FOLDER and KIND are build.sh's. Needs debootstrap, 6 GB below /var/tmp, and the network. PIP_* settings are handed on.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=$(realpath -m "${1:-dist}")
[ $# -lt 2 ] && kinds="deb rpm run" || kinds="${*:2}"
root=$(mktemp -d /var/tmp/lorgnette-build.XXXX)
chmod 755 "$root"
finish() {
  umount "$root/proc" "$root/dev" 2>/dev/null || true
  rm -rf --one-file-system "$root"
}
trap finish EXIT
inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

debootstrap --variant=minbase --include=ca-certificates bookworm "$root" ${MIRROR:-} >/dev/null
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
rm -f "$root/etc/apt/sources.list"
# What this machine trusts and where it finds packages.
for part in etc/apt/sources.list etc/apt/sources.list.d etc/apt/apt.conf.d etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "/$part" ] || cp -a "/$part" "$root/$(dirname "$part")/"
done
inside apt-get update -q >/dev/null 2>&1
inside apt-get install -qy --no-install-recommends python3 python3-venv zstd >/dev/null
mkdir -p "$root/checkout" "$root/out" "$out"
git -C "$checkout" archive HEAD | tar -x -C "$root/checkout"
[ ! -d "$out/wheels" ] || cp -a "$out/wheels" "$root/out/"
mapfile -t settings < <(env | grep '^PIP_\|^LORGNETTE_' || true)
inside "${settings[@]}" bash -c 'cd /checkout && packaging/linux/build.sh /out "$@"' build $kinds
cp -a "$root/out/." "$out/"
