#!/usr/bin/env bash
# Install an older version into a fresh Debian 12, use it as an ordinary user without a network, upgrade to the .deb with
# the chats kept, use that, and remove it again. The older version is the same .deb under a lower number. As root:
#   packaging/linux/smoke_test.sh lorgnette_VERSION_ARCH.deb [FOLDER FOR THE SCREENSHOT]
# Needs debootstrap. Prints each step, and stops at the first that fails.
set -euo pipefail
deb=$(realpath "$1")
shots=$(realpath "${2:-.}")
root=$(mktemp -d /var/tmp/lorgnette-smoke.XXXX)
chmod 755 "$root"
finish() {
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || kill -9 "${process#/proc/}"
  done
  sleep 0.5
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
rm -f "$root/etc/apt/sources.list"
for part in sources.list sources.list.d apt.conf.d; do
  [ -e "/etc/apt/$part" ] && cp -a "/etc/apt/$part" "$root/etc/apt/"
done
inside apt-get update -q >/dev/null 2>&1
inside apt-get install -qy --no-install-recommends xvfb xdotool imagemagick >/dev/null 2>&1

step "install an older version"
cp "$deb" "$root/tmp/lorgnette.deb"
dpkg-deb --raw-extract "$deb" "$root/tmp/older"
sed -i 's/^Version: .*/Version: 0.0.1/' "$root/tmp/older/DEBIAN/control"
touch "$root/tmp/older/usr/lib/lorgnette/only_in_the_older"
dpkg-deb --root-owner-group -Znone --build "$root/tmp/older" "$root/tmp/older.deb" >/dev/null
rm -rf "$root/tmp/older"
inside apt-get install -qy --no-install-recommends /tmp/older.deb >/dev/null 2>&1
rm "$root/tmp/older.deb"
[ -e "$root/usr/lib/lorgnette/only_in_the_older" ]
inside useradd --create-home tester

step "read and ask without a window, without a network"
sample=/usr/lib/lorgnette/_internal/resources/samples/note.png
wanted='Gate B14 Boarding 09:35 Luggage: 23 kg'
[ "$(used lorgnette ocr $sample | xargs)" = "$wanted" ]
[ "$(used lorgnette ask $sample 'Read the text.' | xargs)" = "$wanted" ]

step "the window: an image, a question, an answer"
used Xvfb :99 -screen 0 1280x800x24 -noreset >/dev/null 2>&1 &
sleep 2
begun=$(date +%s%N)
elapsed() { echo $((($(date +%s%N) - begun) / 1000000)); }
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local most=$(($1 * 1000)) from
  from=$(elapsed)
  shift
  until "$@" >/dev/null 2>&1; do
    sleep 0.1
    if [ $(($(elapsed) - from)) -gt $most ]; then
      printf 'gave up waiting for: %s\n' "$*" >&2
      cat "$root/tmp/lorgnette.log" >&2
      used import -window root /tmp/lorgnette.png && cp "$root/tmp/lorgnette.png" "$shots/smoke_test.png"
      return 1
    fi
  done
}
used lorgnette $sample >"$root/tmp/lorgnette.log" 2>&1 &
wait_for 30 used xdotool search --onlyvisible --name Lorgnette
printf 'window after %s ms\n' "$(elapsed)"
window=$(used xdotool search --onlyvisible --name Lorgnette | head -1)
sleep 12 # The image has been looked at, and the demo model is open.
used xdotool windowfocus "$window" mousemove --window "$window" 400 676 click 1
used xdotool type --delay 30 'Read the text.'
used xdotool key Return
wait_for 60 grep -aqs 'Luggage: 23 kg' "$root/home/tester/.local/share/lorgnette/lorgnette.sqlite" \
  "$root/home/tester/.local/share/lorgnette/lorgnette.sqlite-wal"
sleep 1
used import -window root /tmp/lorgnette.png
cp "$root/tmp/lorgnette.png" "$shots/smoke_test.png"

quit() {
  # Without a window manager nobody gives a new window the keyboard.
  used xdotool windowfocus "$(used xdotool search --onlyvisible --name Lorgnette | head -1)"
  used xdotool key ctrl+q
  wait_for 15 bash -c "! pgrep -f '^/usr/lib/lorgnette/lorgnette|^lorgnette( |$)' >/dev/null"
}
quit
chats="$root/home/tester/.local/share/lorgnette/lorgnette.sqlite"

step "upgrade: the chat is kept, and found in the new window"
inside apt-get install -qy --no-install-recommends /tmp/lorgnette.deb >/dev/null 2>&1
inside dpkg --verify lorgnette
[ ! -e "$root/usr/lib/lorgnette/only_in_the_older" ]
[ "$(inside dpkg-query -W -f '${Version}' lorgnette)" = "$(dpkg-deb -f "$deb" Version)" ]
grep -aqs 'Luggage: 23 kg' "$chats"*
[ "$(used lorgnette ocr $sample | xargs)" = "$wanted" ]
used lorgnette >"$root/tmp/lorgnette.log" 2>&1 &
wait_for 30 used xdotool search --onlyvisible --name Lorgnette
sleep 5
used import -window root /tmp/upgraded.png
cp "$root/tmp/upgraded.png" "$shots/smoke_test_upgraded.png"
quit
grep -aqs 'Luggage: 23 kg' "$chats"*

step "purged, and the chats kept"
inside dpkg --purge lorgnette >/dev/null
grep -aqs 'Luggage: 23 kg' "$chats"*
[ ! -e "$root/usr/lib/lorgnette" ]
[ -z "$(find "$root/usr" "$root/etc" -iname '*lorgnette*')" ]
printf '\nAll of it worked. The screenshot is %s/smoke_test.png\n' "$shots"
