#!/bin/sh
# Remove Lorgnette from where install.sh has put it. Chats, settings and models stay.
set -eu
application=$(cd "$(dirname "$0")" && pwd)
prefix=$(dirname "$(dirname "$application")")
rm -rf "$prefix/bin/lorgnette" "$prefix/share/applications/lorgnette.desktop" "$prefix/share/doc/lorgnette" \
  "$prefix/share/metainfo/io.github.lorgnette.Lorgnette.metainfo.xml"
find "$prefix/share/icons/hicolor" -path '*/apps/lorgnette.*' -delete
update-desktop-database "$prefix/share/applications" 2>/dev/null || true
rm -rf "$application"
echo "Lorgnette was removed. Your chats, settings and models were kept."
