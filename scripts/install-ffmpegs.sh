#!/usr/bin/env bash
# Builds of ffmpeg that `npm run builds` compares, where they can be had, the distribution's and a current one; and what the
# script that makes field cases wants. The last line on stdout is a folder for PYTHONPATH; nothing that fails here is a failure.
set -uo pipefail
if ! { command -v ffmpeg && command -v lame; } >/dev/null && [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends ffmpeg lame >&2 || true
fi
folder=$(mktemp -d)
timeout 120 python3 -m pip install --quiet --target "$folder" imageio-ffmpeg numpy >&2 || echo "no current ffmpeg, no numpy" >&2
echo "$folder"
