#!/bin/sh
# Copies the ledgers, and every published version that was never copied, to the object store. saved_model.pb goes last,
# because it marks a version as complete. The next run completes an interrupted copy. The file .pushed beside the models
# lists what was copied, so versions deleted from the store stay deleted. Versions that prune.sh removed are listed in
# .pruned and removed from the store.
#
# A version is identified by its run. If the store has the same number from another run, the version is refused and the
# job exits with 1.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"
touch "$MODELS/.pushed" "$MODELS/.pruned"

# The run that made a version, from a card or from a line of a ledger.
run_of() {
  sed -n 's/.*"run_id": "\([^"]*\)".*/\1/p'
}

in_store() {
  [ -n "$(rclone lsf "$MODELS_REMOTE/$1" --include /saved_model.pb 2> /dev/null)" ]
}

# The store's ledger of a model, empty if there is none. Without an answer from the store the job exits.
read_ledger() {
  : > "$WORK/ledger"
  rclone lsf --recursive --max-depth 2 --files-only --include "/$1/versions.jsonl" "$MODELS_REMOTE" > "$WORK/ledgers" || exit
  [ ! -s "$WORK/ledgers" ] || rclone cat "$MODELS_REMOTE/$1/versions.jsonl" > "$WORK/ledger" || exit
}

# Each publisher writes its claim before it looks. Of two concurrent publishers, at least one sees the other and gives
# way.
claim() {
  echo "$2" | rclone rcat "$MODELS_REMOTE/${1%/*}/.claims/${1##*/}/$2" &&
    rclone lsf "$MODELS_REMOTE/${1%/*}/.claims/${1##*/}" > "$WORK/claims"
}

refuse() {
  echo "ERROR: $1 is of run $2 here and of run $3 in the store. A number is given once: fetch the store's ledger" \
    "(ledger.sh) and publish again under the next number" >&2
  failed=1
  return 1
}

copy() {
  rclone copy --retries 10 --retries-sleep 15s "$@"
}

# VERSION RUN: fails if the number belongs to another run.
push() {
  read_ledger "${1%/*}"
  there=$(grep "\"version\": ${1##*/}}" "$WORK/ledger" | head -n 1 | run_of)
  if [ "$there" ] && [ "$there" != "$2" ]; then
    refuse "$1" "$2" "$there"
    return
  fi
  if in_store "$1"; then return; fi
  claim "$1" "$2" || exit
  if other=$(grep -vxF "$2" "$WORK/claims"); then
    refuse "$1" "$2" "$other"
    return
  fi
  copy --exclude /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1" || exit
  copy --include /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1" || exit
  push_ledger "${1%/*}"
  echo "published $1"
}

# The store's lines come first: if two entries have one number, the first counts.
push_ledger() {
  [ -e "$MODELS/$1/versions.jsonl" ] || return 0
  read_ledger "$1"
  awk '!seen[$0]++' "$WORK/ledger" "$MODELS/$1/versions.jsonl" | rclone rcat "$MODELS_REMOTE/$1/versions.jsonl" || exit
}

failed=0
for folder in "$MODELS"/*/*/; do
  [ -e "$folder/saved_model.pb" ] || continue
  version="${folder#"$MODELS"/}"
  version="${version%/}"
  if grep -qxF "$version" "$MODELS/.pushed"; then continue; fi
  run=$(run_of < "$folder/assets.extra/card.json" 2> /dev/null || true)
  if push "$version" "${run:-unknown}"; then echo "$version" >> "$MODELS/.pushed"; fi
done

while read -r version; do
  # Only versions that this script copied before, and that are gone here.
  if grep -qxF "$version" "$MODELS/.pushed" && [ ! -e "$MODELS/$version" ] && in_store "$version"; then
    rclone purge "$MODELS_REMOTE/$version" < /dev/null
    echo "removed $version"
  fi
done < "$MODELS/.pruned"
exit "$failed"
