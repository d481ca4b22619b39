#!/bin/sh
# Makes .venv from a hashed lock and installs the package; does nothing while lock and checkout are unchanged.
# Usage: tools/setup.sh LOCKFILE     (run from the top of the repository)
set -eu
lock=$1
here=$(pwd -P)

is_ours() { [ -x .venv/bin/python ] && [ "$(cat .venv/checkout 2>/dev/null)" = "$here" ]; }
if is_ours && cmp -s "$lock" ".venv/installed-$lock"; then exit 0; fi

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
# Without pip it is one whose making was stopped.
if ! .venv/bin/python -c "$fits" 2>/dev/null || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
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

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }
# The package itself: no dependencies, the locked build backend. In a copied checkout this binds the environment to it.
# The note is a new file: in a copy by hard links the old one is the other checkout's too.
package() {
  pip install --no-deps --no-build-isolation --editable . && rm -f .venv/checkout && printf '%s\n' "$here" >.venv/checkout
}

if cmp -s "$lock" ".venv/installed-$lock"; then
  echo "setup: .venv came from another folder; it is now bound to this one" >&2
  package
  exit 0
fi

echo "setup: installing $lock into .venv (once; half a minute to a few minutes)" >&2
rm -f .venv/installed-*
# A current pip, and uv, which installs in a fifth of the time. Where it cannot be had, pip does.
pip install --require-hashes --only-binary :all: -r tools/installers.txt || true
if ! .venv/bin/python -m uv pip install --python .venv/bin/python --require-hashes --only-binary :all: -r "$lock"; then
  echo "setup: without uv; this takes a few minutes" >&2
  .venv/bin/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r "$lock"
fi
pip uninstall --yes setuptools 2>/dev/null  # comes with Python 3.11, is old, and nothing needs it
package
# The test lock contains the whole of the running lock, so it serves `make reports` too.
if [ "$lock" = requirements-test.txt ]; then cp requirements.txt .venv/installed-requirements.txt; fi
cp "$lock" ".venv/installed-$lock"
# What Lab saves in a notebook beside its cells is not for git (.gitattributes names the filter).
if [ -e .git ] && command -v git >/dev/null; then
  git config filter.nbstripout.clean \
    'if [ -e .venv/bin/nbstripout ]; then exec .venv/bin/python -m nbstripout -t --keep-id --extra-keys "metadata.language_info.version metadata.language_info.codemirror_mode"; else exec cat; fi' || true
fi
