#!/bin/sh
# Classify one picture with curl. MNIST_URL and MNIST_MODEL say where and with what.
set -eu
url=${MNIST_URL:-http://localhost:8080}
model=${MNIST_MODEL:-mnist}

curl --silent --show-error --fail-with-body \
  --form image=@"${1:-seven.png}" \
  "$url/v1/models/$model:classify?top_k=1"
echo
