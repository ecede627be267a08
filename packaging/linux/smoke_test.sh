#!/usr/bin/env bash
# Install a .deb into a fresh Debian 12, use it as an ordinary user without a network, and remove it again. As root:
#   packaging/linux/smoke_test.sh lorgnette_VERSION_ARCH.deb [FOLDER FOR THE SCREENSHOT]
# Needs debootstrap. Prints each step, and stops at the first that fails.
set -euo pipefail
deb=$(realpath "$1")
shots=$(realpath "${2:-.}")
root=$(mktemp -d /var/tmp/lorgnette-smoke.XXXX)
finish() {
  pkill -f "$root" 2>/dev/null || true
  umount "$root/proc" "$root/dev" 2>/dev/null || true
  rm -rf --one-file-system "$root"
}
trap finish EXIT
step() { printf '\n== %s\n' "$*"; }
inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# Without any network interface, as a user without rights.
used() { unshare --net chroot --userspec=tester:tester "$root" /usr/bin/env -i HOME=/home/tester PATH=/usr/bin:/bin LC_ALL=C.UTF-8 DISPLAY=:99 "$@"; }

step "a fresh Debian 12"
debootstrap --variant=minbase bookworm "$root" ${MIRROR:-} >/dev/null
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
for part in sources.list sources.list.d apt.conf.d; do
  [ -e "/etc/apt/$part" ] && cp -a "/etc/apt/$part" "$root/etc/apt/"
done
inside apt-get update -q >/dev/null
inside apt-get install -qy --no-install-recommends xvfb xdotool imagemagick >/dev/null

step "install"
cp "$deb" "$root/tmp/lorgnette.deb"
inside apt-get install -qy --no-install-recommends /tmp/lorgnette.deb >/dev/null
inside dpkg --verify lorgnette
inside useradd --create-home tester

step "read and ask without a window, without a network"
sample=/usr/lib/lorgnette/_internal/resources/samples/note.png
wanted='Gate B14 Boarding 09:35 Luggage: 23 kg'
[ "$(used lorgnette ocr $sample | xargs)" = "$wanted" ]
[ "$(used lorgnette ask $sample 'Read the text.' | xargs)" = "$wanted" ]

step "the window: an image, a question, an answer"
used Xvfb :99 -screen 0 1280x800x24 -noreset >/dev/null 2>&1 &
sleep 2
begun=$(date +%s.%N)
unshare --net true # The same cost as below.
used lorgnette $sample >"$root/tmp/lorgnette.log" 2>&1 &
until used xdotool search --name Lorgnette >/dev/null 2>&1; do
  sleep 0.05
  [ "$(echo "$(date +%s.%N) - $begun < 30" | bc)" = 1 ]
done
printf 'window after %.1f s\n' "$(echo "$(date +%s.%N) - $begun" | bc)"
