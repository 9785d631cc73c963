#!/bin/sh
# Classify one picture with curl. MNIST_URL, MNIST_MODEL and MNIST_API_KEY say where, with what and as whom.
set -u
url=${MNIST_URL:-http://localhost:8080}
model=${MNIST_MODEL:-mnist}
picture=${1:-seven.png}

if answer=$(curl --silent --show-error --fail-with-body --max-time 10 --retry 3 \
  ${MNIST_API_KEY:+--header "Authorization: Bearer $MNIST_API_KEY"} \
  --form image=@"$picture" \
  "$url/v1/models/$model:classify?top_k=1"); then
  echo "$answer"
else
  echo "$picture was not classified: $answer" >&2  # an error is JSON as well: see Problems
  exit 1
fi
