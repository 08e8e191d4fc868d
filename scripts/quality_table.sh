#!/usr/bin/env bash
# The quality table of docs/quality.md: what each step of MixDQ buys, at 8 and at 4 bits, on the model that ships or on
# yours. Calibrates on 64 captions, judges on 256 others. What is there already is not made again.
#
#   scripts/quality_table.sh OUT [MODEL CAPTIONS CLIP [REFERENCE]]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:?usage: scripts/quality_table.sh OUT [MODEL CAPTIONS CLIP [REFERENCE]]}
model=${2:-$root/util_files/models/tiny-sdxl-turbo}
captions=${3:-$root/util_files/captions/captions_shapes_val.json}
clip=${4:-$root/util_files/models/tiny-clip-score}
reference=${5:-$root/util_files/captions/shapes_val}
samples=${SENSITIVITY_SAMPLES:-16}
mixdq=$root/mixdq
schemes=$root/configs/schemes
mkdir -p "$out"

[ -e "$out/calib" ] || "$mixdq" calibrate --model "$model" --captions "$captions" --samples 64 --out "$out/calib"
"$mixdq" sensitivity --model "$model" --calib "$out/calib" --weight-bits 2,3,4,5,6,8 --act-bits 4,8 \
  --samples "$samples" --out "$out/sensitivity"

# Ablations hold weights per channel, as MixDQ does; only the best use groups, clipping and GPTQ.
bos() { sed 's/^bos: *false/bos: true/' "$schemes/$1.yaml" | sed "s/^name: .*/name: $2/" >"$out/$2.yaml"; }
bos w8a8-naive w8a8-bos
bos w4a8-naive w4a8-bos
cat >"$out/plain.yaml" <<'YAML'
name: plan-per-channel
split: true
bos: true
activations: {range: minmax}
YAML
sed 's/^  range: mse/  range: mse\n  rounding: gptq/; s/^name: .*/name: best/' "$schemes/mixed.yaml" >"$out/best.yaml"
sed 's/^  bits: 8 .*where there is no plan of activations.*/  bits: 16/; s/^name: .*/name: weight-only/' \
  "$out/best.yaml" >"$out/weight-only.yaml"

ptq() { # NAME SCHEME [options]
  local name=$1 scheme=$2
  shift 2
  [ -e "$out/$name" ] || "$mixdq" ptq --model "$model" --calib "$out/calib" --scheme "$scheme" --ablation 0 "$@" \
    --out "$out/$name"
}
plan() { # NAME [options]
  local name=$1
  shift
  "$mixdq" allocate --sensitivity "$out/sensitivity" --act-candidates 8 --act-bits 8 "$@" --out "$out/$name.yaml"
}

plan plan-8-sqnr --metric sqnr --quality-bits 8 --bits 8
plan plan-8 --content-bits 8 --quality-bits 8 --bits 8
plan plan-4-sqnr --metric sqnr --quality-bits 2,4,8 --bits 3.99
plan plan-4 --bits 3.99
# From here on protected layers, 1.5 % of each group instead of 1 %, stay in float whole, which costs a few kilobytes.
whole=(--protect 0.015 --protect-weights)
many=("${whole[@]}" --content-bits 2,3,4,5,6,8 --quality-bits 3,4,5,6,8 --sweep 8)
plan plan-8-best "${whole[@]}" --content-bits 8 --quality-bits 8 --bits 8
plan plan-5-best --bits 4.88 "${many[@]}"
plan plan-4-best --bits 3.7 "${many[@]}"
plan plan-3.66-best --bits 3.42 "${many[@]}"

ptq w8a8-naive "$schemes/w8a8-naive.yaml"
ptq w8a8-bos "$out/w8a8-bos.yaml"
ptq w8a8-sqnr "$out/plain.yaml" --plan "$out/plan-8-sqnr.yaml"
ptq w8a8-mixdq "$out/plain.yaml" --plan "$out/plan-8.yaml"
ptq w4a8-naive "$schemes/w4a8-naive.yaml"
ptq w4a8-bos "$out/w4a8-bos.yaml"
ptq w4a8-sqnr "$out/plain.yaml" --plan "$out/plan-4-sqnr.yaml"
ptq w4a8-mixdq "$out/plain.yaml" --plan "$out/plan-4.yaml"
ptq w8a8-best "$out/best.yaml" --plan "$out/plan-8-best.yaml"
ptq w5a8-best "$out/best.yaml" --plans "$out/plan-5-best.candidates" --bits 4.88
ptq w4a8-best "$out/best.yaml" --plans "$out/plan-4-best.candidates" --bits 3.7
ptq w4a16-best "$out/weight-only.yaml" --plans "$out/plan-4-best.candidates" --bits 3.7
ptq w3.66a16-best "$out/weight-only.yaml" --plans "$out/plan-3.66-best.candidates" --bits 3.42

variants=()
for name in w8a8-naive w8a8-bos w8a8-sqnr w8a8-mixdq w4a8-naive w4a8-bos w4a8-sqnr w4a8-mixdq w8a8-best w5a8-best \
  w4a8-best w4a16-best w3.66a16-best; do
  variants+=(--quantized "$name=$out/$name")
done
[ -e "$out/evaluation" ] || "$mixdq" evaluate --model "$model" "${variants[@]}" --captions "$captions" --skip 64 \
  --count 256 --clip "$clip" --reference "$reference" --out "$out/evaluation"
"$mixdq" report --sensitivity "$out/sensitivity" --plan "$out/plan-4-best.yaml" --quantized "$out/w8a8-mixdq" \
  --quantized "$out/w4a8-best" --evaluation "$out/evaluation" --out "$out/report.html"
