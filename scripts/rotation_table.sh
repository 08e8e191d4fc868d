#!/usr/bin/env bash
# The tables of docs/rotation.md: what rotated inputs buy, beside balanced channels and weights alone, in 8 and 4 bits, on a
# model that ships or on yours. Convolutions stay in float. What is there already is not made again.
#
#   scripts/rotation_table.sh OUT [MODEL SAMPLES CAPTIONS CLIP]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:?usage: scripts/rotation_table.sh OUT [MODEL SAMPLES CAPTIONS CLIP]}
model=${2:-$root/util_files/models/tiny-sdxl-turbo}
samples=${3:-64}
captions=${4:-$root/util_files/captions/captions_shapes_val.json}
clip=${5:-$root/util_files/models/tiny-clip-score}
mixdq=$root/mixdq
mkdir -p "$out"

[ -e "$out/calib" ] || "$mixdq" calibrate --model "$model" --captions "$captions" --samples "$samples" --out "$out/calib"

variants=()
make() { # NAME ROTATE BALANCE WORST BITS GROUP RANGE ROWS
  cat >"$out/$1.yaml" <<SCHEME
name: $1
weights: {bits: $5, group: $6, range: $7}
activations: {bits: 8, granularity: token}
split: false
bos: false
balance: $3
rotate: $2
rows: $8
keep_float: {roles: [convolution], worst: $4, samples: 2}
SCHEME
  [ -e "$out/$1" ] || "$mixdq" ptq --model "$model" --calib "$out/calib" --scheme "$out/$1.yaml" --ablation 8 --out "$out/$1"
  variants+=(--quantized "$1=$out/$1")
}
eight() { make "$@" 8 0 minmax quantized; }
four() { make "$1" "$2" "$3" 0 4 "$4" "$5" weight-only; }

eight weights-alone off false 0
eight weights-alone-16 16 false 0
eight weights-alone-64 64 false 0
eight auto-unprotected auto false 0
eight balance-unprotected off true 0
eight both-unprotected auto true 0
eight off off false 0.01
eight r16 16 false 0.01
eight r64 64 false 0.01
eight auto auto false 0.01
eight balance off true 0.01
eight both auto true 0.01
four w4 off false 0 minmax
four w4-auto auto false 0 minmax
four w4g off false 32 mse
four w4g-auto auto false 32 mse
four w4g-balance off true 32 mse
four w4g-both auto true 32 mse

"$mixdq" evaluate --model "$model" "${variants[@]}" --captions "$captions" --skip "$samples" --count "${COUNT:-64}" \
  --clip "$clip" --out "$out/evaluation" --overwrite
