#!/bin/sh
# Resolves the locks for Python 3.11 to 3.13 on every platform, without an index address in them.
set -eu
options="--group build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet"
# shellcheck disable=SC2086
uv pip compile pyproject.toml $options -o requirements.txt
# shellcheck disable=SC2086
uv pip compile pyproject.toml --extra test --extra docs -c requirements.txt $options -o requirements-test.txt
# shellcheck disable=SC2086
uv pip compile pyproject.toml --extra cluster -c requirements.txt $options -o requirements-cluster.txt
# What installs the locks.
# shellcheck disable=SC2086
printf 'pip\nuv\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o tools/installers.txt
