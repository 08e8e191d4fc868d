#!/usr/bin/env bash
# Step 2: quantize by a scheme. Arguments go to 'mixdq ptq'.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
model=${MODEL:-$root/util_files/models/tiny-sdxl-turbo}
scheme=${SCHEME:-$root/configs/schemes/w8a8.yaml}
exec "$root/mixdq" ptq --model "$model" --calib "${CALIB:-out/calib}" --scheme "$scheme" --out "${QUANTIZED:-out/w8a8}" "$@"
