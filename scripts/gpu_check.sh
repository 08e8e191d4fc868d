#!/usr/bin/env bash
# Checks mixdq4j on a GPU and times it: gpu_check.sh BUNDLE [--only NAME[,NAME]] [options of 'mixdq gpu'].
# BUNDLE is the folder that 'mvn -Pbundle package' makes, or its .tar.xz. Writes gpu_check.json (and gpu_baseline.json, where
# PyTorch with a GPU is installed) into the folder where it is started. All of it takes about 8 minutes; --only does a part.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: gpu_check.sh BUNDLE [--only NAME]" >&2; exit 2; }
bundle=$1
shift
if [ -f "$bundle" ]; then
  unpacked=${TMPDIR:-/tmp}/mixdq4j-gpu-$(id -u)
  mkdir -p "$unpacked"
  tar -xf "$bundle" -C "$unpacked"
  bundle=$unpacked/mixdq4j-gpu
fi
[ -x "$bundle/mixdq" ] || { echo "gpu_check.sh: there is no bundle in $bundle; make one with 'mvn -Pbundle package'." >&2; exit 2; }
only=
previous=
for argument in "$@"; do
  [ "$previous" = --only ] && only=$argument
  case $argument in --only=*) only=${argument#--only=} ;; esac
  previous=$argument
done

# Each part is a process of its own: one that loses the GPU does not take the others with it.
status=0
rm -f gpu_check.json gpu_baseline.json
if [ -n "$only" ]; then
  "$bundle/mixdq" gpu --json gpu_check.json "$@" || status=$?
  [ -f gpu_check.json ] || exit "$status"  # there is no GPU, or no such part
else
  for part in $("$bundle/mixdq" gpu --list); do
    "$bundle/mixdq" gpu --json gpu_check.json --append --only "$part" "$@" || status=$?
    [ -f gpu_check.json ] || exit "$status"
  done
fi

python=${PYTHON:-python3}
if [ "$status" -le 1 ] && "$python" -c 'import diffusers, torch; assert torch.cuda.is_available()' 2>/dev/null; then
  "$python" "$bundle/scripts/gpu_baseline.py" --out gpu_baseline.json ${only:+--only "$only"} || echo "PyTorch's figures could not be taken." >&2
  [ -f gpu_baseline.json ] && "$python" "$bundle/scripts/gpu_baseline.py" --compare gpu_check.json gpu_baseline.json || true
else
  echo "PyTorch with diffusers and a GPU is not installed: no figures to compare with."
fi
exit "$status"
