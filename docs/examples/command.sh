#!/bin/sh
# Classify files from a shell: one JSON object for each, in order; exit code 1 when a file failed.
# The command reads MNIST_URL and MNIST_API_KEY by itself.
set -u
mnist-classify classify seven.png no-picture.txt --model "${MNIST_MODEL:-mnist}" --top-k 1 --output jsonl
echo "exit code $?"
