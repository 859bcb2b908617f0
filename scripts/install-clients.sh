#!/usr/bin/env bash
# Installs Google's clients for other languages into .clients/, where the tests of the local cloud look for them: a
# Python with its packages, and the programs in Go, each named by what it was built from. What is not there is left out.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p .clients
failed=0

if command -v python3 >/dev/null; then
  { [[ -x .clients/python/bin/python ]] || python3 -m venv .clients/python; } &&
    timeout 300 .clients/python/bin/pip install --quiet google-cloud-storage google-cloud-pubsub ||
    { echo "Google's Python clients could not be installed" >&2; failed=1; }
fi

if command -v go >/dev/null; then
  for source in test/conformance/*/clients/go-client; do
    name=$(basename "$(dirname "$(dirname "$source")")")-client
    hash=$(cat "$source/main.go" "$source/go.mod" "$source/go.sum" | sha256sum | cut -c1-16)
    program=$PWD/.clients/$name-$hash
    [[ -x $program ]] || (cd "$source" && timeout 600 go build -o "$program" .) ||
      { echo "$name could not be built" >&2; failed=1; }
  done
fi
exit "$failed"
