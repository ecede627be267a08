#!/usr/bin/env bash
# Set up what is missing and start Lorgnette. Arguments go to it: packaging/run.sh --help
# --gpu, where it comes first, sets up PyTorch for GPUs although no driver for one was found.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
extra=
if [ "${1:-}" = --gpu ]; then
  extra=gpu
  shift
fi
# shellcheck disable=SC2086
prepare_system $qt_packages
prepare_python "$extra"
exec "$venv/bin/lorgnette" "$@"
