#!/usr/bin/env bash
# Set up what is missing, then check everything: format, lint, types, import contracts, known
# vulnerabilities where a database of them is there, tests, and a real window.
# Arguments go to pytest in place of the whole run: packaging/check.sh tests/storage -k full
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$root"
# shellcheck disable=SC2086
prepare_system $qt_packages $test_packages
prepare_python dev
export PATH="$venv/bin:$PATH" QT_QPA_PLATFORM=offscreen
if [ $# -gt 0 ]; then exec pytest "$@"; fi
step() { printf '\n== %s\n' "$*"; }
step format; ruff format --check .
step lint; ruff check .
step types; mypy
step contracts; lint-imports
step vulnerabilities; python packaging/audit.py
# From Python 3.12 on, coverage asks the interpreter to watch lines, which costs less than its own tracer.
COVERAGE_CORE=$(python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
export COVERAGE_CORE
# Several at once, with a thread each: processes that compute would wait for one another's threads. Tests of a file
# share what they set up. The least coverage is that of both runs.
step "tests of domain and engine"
OMP_NUM_THREADS=1 pytest tests/domain tests/engine --numprocesses auto --maxprocesses 4 --dist loadfile \
  --cov --cov-report= --cov-fail-under=0 --durations=15 -m "not window"
# Two runs at once, each one test after the other: tests of windows, signals and sockets whose paths may not be long; and
# faults, most of which is in other processes, of which coverage sees nothing, and which wait more than they compute.
step "other tests, and faults beside them"
measured=(tests/faults/test_disk.py tests/faults/test_endurance.py)  # later, alone
faults_log=$(mktemp)
pytest tests/faults "${measured[@]/#/--ignore=}" --durations=15 -m "not window" >"$faults_log" 2>&1 &
faults=$!
trap 'kill "$faults" 2>/dev/null || true; rm -f "$faults_log"' EXIT
pytest --ignore tests/domain --ignore tests/engine --ignore tests/end_to_end --ignore tests/faults \
  --cov --cov-append --cov-report= --cov-fail-under=0 --durations=15 -m "not window"
step coverage; coverage report
step faults
failed=0; wait "$faults" || failed=$?
trap 'rm -f "$faults_log"' EXIT
cat "$faults_log"
[ "$failed" = 0 ] || exit "$failed"
# Alone: they measure memory and work, and how soon a window answers.
step "processes, disks, endurance and journeys"
pytest tests/end_to_end "${measured[@]}" --durations=15 -m "not window"
step "a real window"
# -noreset: else the server starts anew whenever its last client leaves, and refuses whoever comes in that moment.
QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1280x800x24 -noreset" pytest -m window
