# shellcheck shell=bash
# Shared by the steps of the cluster tests. Each step also runs alone, on a laptop or in the workflow.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
CLUSTER=${CLUSTER:-mnist}
NAMESPACE=mnist
PYTHON=${PYTHON:-.venv/bin/python}
PORT=${PORT:-18080}
# File with a caller's key; its hash is beside it.
KEY=${KEY:-build/api-key}

say() { printf '\n== %s\n' "$*" >&2; }

# Opens PORT to the gateway's service for the rest of the script.
forward() {
  kubectl -n "$NAMESPACE" port-forward service/gateway "$PORT:80" > /dev/null &
  FORWARD=$!
  trap 'kill "$FORWARD" 2> /dev/null || true' EXIT
  local tries=0
  until curl -sf "http://127.0.0.1:$PORT/healthz" > /dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "no answer on port $PORT" >&2; return 1; }
    sleep 1
  done
}

# Classifies the picture of a seven through a URL, and expects a seven.
classify() {
  curl -sSf --retry 5 --retry-all-errors "${@:2}" -F image=@docs/examples/seven.png "$1/v1/models/mnist:classify" |
    grep -q '"label": *"7"'
}
