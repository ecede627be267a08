#!/usr/bin/env bash
# Make one package of a bundle that build.sh has left in FOLDER: packaging/linux/package.sh FOLDER deb|rpm|run
# Adds the package to FOLDER and its digest to FOLDER/SHA256SUMS.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath "$1")
kind=$2
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/../../app/__init__.py")
machine=$(uname -m)
# Where the bundle holds torch, the name of the file says of which build.
name=lorgnette$(find "$out/lorgnette/_internal" -maxdepth 1 -name 'torch-*.dist-info' | sed -n 's/.*+\(.*\)\.dist-info$/-torch-\1/p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '\n== .%s\n' "$kind"

# system_tree FOLDER: what a package for the whole machine puts into place.
system_tree() {
  mkdir -p "$1/usr/lib" "$1/usr/bin"
  cp -a "$out/lorgnette" "$1/usr/lib/lorgnette"
  cp -a "$out/share" "$1/usr/share"
  ln -s ../lib/lorgnette/lorgnette "$1/usr/bin/lorgnette"
  chmod -R go-w,a+rX "$1"
}

case "$kind" in
  deb)
    arch=$(dpkg --print-architecture)
    package="$out/${name}_${version}_$arch.deb"
    system_tree "$work/tree"
    mkdir -p "$work/tree/DEBIAN"
    sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$(du -sk "$work/tree/usr" | cut -f1)/" "$here/control" >"$work/tree/DEBIAN/control"
    (cd "$work/tree" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Zxz -z9 --build "$work/tree" "$package" >/dev/null
    ;;
  rpm)
    package="$out/$name-$version-1.$machine.rpm"
    system_tree "$work/tree"
    rpmbuild -bb --quiet --target "$machine" --define "_topdir $work/rpm" --define "tree $work/tree" --define "app_version $version" \
      "$here/lorgnette.rpm.spec"
    cp "$work/rpm/RPMS/$machine/lorgnette-$version-1.$machine.rpm" "$package"
    ;;
  run)
    package="$out/$name-$version-$machine.run"
    mkdir "$work/tree"
    cp -a "$out/lorgnette" "$out/share" "$here/install.sh" "$here/uninstall.sh" "$work/tree/"
    makeself --xz --complevel 9 --threads 0 --nox11 --nomd5 --nocrc --sha256 --tar-quietly "$work/tree" "$package" "Lorgnette $version" ./install.sh >/dev/null
    ;;
  *)
    printf 'There is no package of the kind “%s”; there are deb, rpm and run.\n' "$kind" >&2
    exit 2
    ;;
esac
(
  cd "$out"
  touch SHA256SUMS
  grep -v "  $(basename "$package")\$" SHA256SUMS >"$work/sums" || true
  sha256sum "$(basename "$package")" >>"$work/sums"
  cp "$work/sums" SHA256SUMS
)
printf '%s: %s MB\n' "$(basename "$package")" "$(du -sm "$package" | cut -f1)"
