#!/bin/sh
# Put Lorgnette, unpacked beside this file, into an ordinary user's home, or into another folder: install.sh [PREFIX]
# Run once more, or by a newer version, it replaces the application; chats and settings lie elsewhere and stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-$HOME/.local}
case "$prefix" in /*) ;; *) prefix=${USER_PWD:-$PWD}/$prefix ;; esac
application=$prefix/lib/lorgnette

for process in /proc/[0-9]*; do
  if [ "$(readlink "$process/exe" 2>/dev/null || true)" = "$application/lorgnette" ]; then
    echo "Lorgnette is running; nothing was changed. Quit it, then start this file once more." >&2
    exit 1
  fi
done

mkdir -p "$prefix/lib" "$prefix/bin" "$prefix/share"
# The old version is there until the new one has been copied as a whole.
rm -rf "$application.new" "$application.old"
trap 'rm -rf "$application.new"' EXIT
cp -R "$here/lorgnette" "$application.new"
cp "$here/uninstall.sh" "$application.new/uninstall.sh"
[ ! -e "$application" ] || mv "$application" "$application.old"
mv "$application.new" "$application"
rm -rf "$application.old"
ln -sf "$application/lorgnette" "$prefix/bin/lorgnette"
cp -R "$here/share/." "$prefix/share/"
# A menu does not know this folder's programs by name.
quoted=$(printf '%s' "$application/lorgnette" | sed 's/[\\&|]/\\&/g')
sed "s|^Exec=lorgnette|Exec=\"$quoted\"|" "$here/share/applications/lorgnette.desktop" >"$prefix/share/applications/lorgnette.desktop"
update-desktop-database "$prefix/share/applications" 2>/dev/null || true

echo "Lorgnette is in $application; start it from the menu, or as $prefix/bin/lorgnette. $application/uninstall.sh removes it."
inside=$application/_internal
missing=$(LD_LIBRARY_PATH=$inside ldd "$inside/PySide6/Qt/plugins/platforms/libqxcb.so" "$inside/PySide6/Qt/lib/libQt6Network.so.6" \
  "$inside"/python3*/lib-dynload/_ssl.*.so 2>/dev/null | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | sort -u | tr '\n' ' ')
[ -z "$missing" ] || echo "It needs libraries that this machine does not have; please install them: $missing"
