#!/usr/bin/env bash
# Unpack a .run as an ordinary user into an empty home, read an image with it, install it once more over itself, refuse
# while it runs, and remove it with the chats kept:
#   packaging/linux/smoke_test_run.sh lorgnette-VERSION-MACHINE.run
set -euo pipefail
run=$(realpath "$1")
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
step() { printf '\n== %s\n' "$*"; }
application=$HOME/.local/lib/lorgnette
sample=$application/_internal/resources/samples/note.png
wanted='Gate B14 Boarding 09:35 Luggage: 23 kg'
[ "$(id -u)" != 0 ] || { echo "Run this as an ordinary user." >&2 && exit 1; }

step "the archive is whole"
sh "$run" --check

step "install and read"
sh "$run" --quiet
[ "$("$HOME/.local/bin/lorgnette" ocr "$sample" | xargs)" = "$wanted" ]
[ "$("$HOME/.local/bin/lorgnette" ask "$sample" 'Read the text.' | xargs)" = "$wanted" ]
grep -qF "Exec=\"$application/lorgnette\" %F" "$HOME/.local/share/applications/lorgnette.desktop"

step "once more, over itself"
mkdir -p "$HOME/.local/share/lorgnette"
echo kept >"$HOME/.local/share/lorgnette/a_chat"
touch "$application/only_in_the_older"
sh "$run" --quiet
[ ! -e "$application/only_in_the_older" ]

step "not while it runs"
QT_QPA_PLATFORM=offscreen "$application/lorgnette" &
running=$!
sleep 3
if sh "$run" --quiet; then exit 1; fi
kill "$running"
wait "$running" 2>/dev/null || true

step "remove"
sleep 1
"$application/uninstall.sh"
[ "$(cat "$HOME/.local/share/lorgnette/a_chat")" = kept ]
[ ! -e "$application" ]
[ -z "$(find "$HOME/.local" -iname '*lorgnette*' -not -path "$HOME/.local/share/lorgnette*")" ]
printf '\nAll of it worked.\n'
