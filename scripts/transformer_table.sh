#!/usr/bin/env bash
# The table of docs/quality-sd3.md: what token by token quantization, balanced channels and mixed bits buy on a diffusion
# transformer, on the model that ships or on yours. Calibrates on 32 captions, judges on others. What is there already is
# not made again.
#
#   scripts/transformer_table.sh OUT [MODEL CAPTIONS CLIP [REFERENCE]]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:?usage: scripts/transformer_table.sh OUT [MODEL CAPTIONS CLIP [REFERENCE]]}
model=${2:-$root/util_files/models/tiny-sd3}
captions=${3:-$root/util_files/captions/captions_shapes_val.json}
clip=${4:-$root/util_files/models/tiny-clip-score}
reference=${5:-$root/util_files/captions/shapes_val}
count=${COUNT:-128}
mixdq=$root/mixdq
schemes=$root/configs/schemes
mkdir -p "$out"

[ -e "$out/calib" ] || "$mixdq" calibrate --model "$model" --captions "$captions" --samples 32 --out "$out/calib"

# One thing at a time: each scheme differs from the one before it in what its name says.
scheme() { # NAME FROM SED
  sed "s/^name: .*/name: $1/; $3" "$schemes/$2.yaml" >"$out/$1.yaml"
}
scheme w8a8-tensor w8a8-naive ''
scheme w8a8-token w8a8-token 's/worst: [0-9.]*/worst: 0/'
scheme w8a8-kept w8a8-token ''
scheme w4a8-tensor w4a8-naive ''
scheme w4a8-token w4a8-token ''
scheme w4a8-balanced w4a8-token 's/^rows:/balance: true\nrows:/'
scheme w4a8-groups w4a8-balanced 's/^balance: true.*/balance: false/; s/worst: [0-9.]*/worst: 0/'
scheme w4a8-groups-balanced w4a8-balanced 's/worst: [0-9.]*/worst: 0/'
scheme w4a8-gptq w4a8-balanced 's/worst: [0-9.]*/worst: 0/; s/^  range: mse/  range: mse\n  rounding: gptq/'
scheme w4a8-kept w4a8-balanced 's/^  range: mse/  range: mse\n  rounding: gptq/'
scheme mixed w4a8-balanced 's/^  range: mse/  range: mse\n  rounding: gptq/'

"$mixdq" sensitivity --model "$model" --calib "$out/calib" --scheme "$out/mixed.yaml" --weight-bits 2,3,4,5,6,8 \
  --act-bits 8 --samples 16 --out "$out/sensitivity"
"$mixdq" allocate --sensitivity "$out/sensitivity" --act-candidates 8 --act-bits 8 --protect 0.01 --protect-weights \
  --content-bits 2,3,4,5,6,8 --quality-bits 2,3,4,5,6,8 --sweep 8 --bits 3.9 --out "$out/plan.yaml"

variants=()
ptq() { # NAME SCHEME [options]
  local name=$1 scheme=$2
  shift 2
  [ -e "$out/$name" ] || "$mixdq" ptq --model "$model" --calib "$out/calib" --scheme "$out/$scheme.yaml" --ablation 8 "$@" \
    --out "$out/$name"
  variants+=(--quantized "$name=$out/$name")
}
for name in w8a8-tensor w8a8-token w8a8-kept w4a8-tensor w4a8-token w4a8-balanced w4a8-groups w4a8-groups-balanced \
  w4a8-gptq w4a8-kept; do
  ptq "$name" "$name"
done
ptq w4a8-mixed mixed --plans "$out/plan.candidates" --bits 3.9

[ -e "$out/evaluation" ] || "$mixdq" evaluate --model "$model" "${variants[@]}" --captions "$captions" --skip 64 \
  --count "$count" --clip "$clip" --reference "$reference" --out "$out/evaluation"
"$mixdq" report --sensitivity "$out/sensitivity" --plan "$out/plan.yaml" --quantized "$out/w8a8-kept" \
  --quantized "$out/w4a8-mixed" --evaluation "$out/evaluation" --out "$out/report.html"
