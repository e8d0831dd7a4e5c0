#!/usr/bin/env sh
# Repeats docs/gpu.md on any CUDA machine. CIFAR_LAB_DATA names the folder with CIFAR-10.
set -eu
cd "$(dirname "$0")/../.."

python -m pytest -m gpu
for preset in best-100k best-200k; do
  python -m cifar_core train --preset "$preset" --protocol refit --device cuda --precision bfloat16 --execution compiled
done
python -m cifar_core runs
