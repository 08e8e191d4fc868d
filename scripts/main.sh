#!/usr/bin/env bash
# The three steps one after the other. MODEL, CAPTIONS, SCHEME, CALIB and QUANTIZED choose other inputs and folders.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/main_calib_data.sh"
"$here/main_ptq.sh"
"$here/main_quant_infer.sh"
