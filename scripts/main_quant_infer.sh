#!/usr/bin/env bash
# Step 3: draw with the quantized checkpoint. Arguments go to 'mixdq infer'; without any it draws one picture.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
model=${MODEL:-$root/util_files/models/tiny-sdxl-turbo}
[ $# -gt 0 ] || set -- --prompt "A red circle in the center on a white background." --seed 7 --out out/picture.png
exec "$root/mixdq" infer --model "$model" --quantized "${QUANTIZED:-out/w8a8}" "$@"
