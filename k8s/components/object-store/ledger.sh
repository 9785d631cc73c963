#!/bin/sh
# Runs before training: takes over the object store's ledgers, so that a new or restored volume never reuses a number.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"

rclone lsf --max-depth 2 --recursive --files-only --include '/*/versions.jsonl' "$MODELS_REMOTE" > "$WORK/ledgers"
while read -r path; do
  mkdir -p "$MODELS/${path%/*}"
  rclone cat "$MODELS_REMOTE/$path" < /dev/null > "$WORK/ledger"
  touch "$MODELS/$path"
  awk 'FILENAME == ARGV[1] { known[$0] = 1; next } !($0 in known)' "$MODELS/$path" "$WORK/ledger" > "$WORK/new"
  cat "$WORK/new" >> "$MODELS/$path"
done < "$WORK/ledgers"
