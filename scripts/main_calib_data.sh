#!/usr/bin/env bash
# Step 1: draw captions with the float model and keep what its network saw and said. Arguments go to 'mixdq calibrate'.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
model=${MODEL:-$root/util_files/models/tiny-sdxl-turbo}
captions=${CAPTIONS:-$root/util_files/captions/captions_shapes_val.json}
exec "$root/mixdq" calibrate --model "$model" --captions "$captions" --out "${CALIB:-out/calib}" "$@"
