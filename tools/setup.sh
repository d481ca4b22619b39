#!/bin/sh
# Makes .venv from a hashed lock and installs the package; does nothing while the lock is unchanged.
# Usage: tools/setup.sh LOCKFILE     (run from the top of the repository)
set -eu
lock=$1

if cmp -s "$lock" ".venv/installed-$lock"; then exit 0; fi

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
if ! .venv/bin/python -c "$fits" 2>/dev/null; then
  python=
  for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if "$candidate" -c "$fits" 2>/dev/null; then python=$candidate; break; fi
  done
  if [ -z "$python" ]; then
    echo "setup: no Python 3.11, 3.12 or 3.13 found (looked for ${PYTHON:-python3.13 python3.12 python3.11 python3 python}); install one, or name it: make PYTHON=/path/to/python" >&2
    exit 1
  fi
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "setup: $python has no venv or ensurepip module; install it (on Debian and Ubuntu: the package python3-venv)" >&2
    exit 1
  fi
  rm -rf .venv
  "$python" -m venv .venv
fi

echo "setup: installing $lock into .venv (once; a few minutes)" >&2
rm -f .venv/installed-*
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
# The package itself: no dependencies, the locked build backend.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# The test lock contains the whole of the running lock, so it serves `make reports` too.
if [ "$lock" = requirements-test.txt ]; then cp requirements.txt .venv/installed-requirements.txt; fi
cp "$lock" ".venv/installed-$lock"
