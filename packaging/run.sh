#!/usr/bin/env bash
# Set up what is missing and start Lorgnette. Arguments go to it: packaging/run.sh --help
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck disable=SC2086
prepare_system $qt_packages
prepare_python ""
exec "$venv/bin/lorgnette" "$@"
