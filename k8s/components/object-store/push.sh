#!/bin/sh
# Copies every published version that the object store does not have yet, and the ledgers. saved_model.pb goes last: it is
# what makes a version count. A copy that was cut short is completed by the next run.
#
# A version is known by its run. One whose number the store has for another run is refused: the job ends with 1.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"

run_of() {
  sed -n 's/.*"run_id": "\([^"]*\)".*/\1/p'
}

# The run that the store has under a number: what its ledger says, else the card of the version itself.
stored_run() {
  rclone cat "$MODELS_REMOTE/${1%/*}/versions.jsonl" 2> /dev/null | grep "\"version\": ${1##*/}}" | head -n 1 | run_of
}

# Each publisher writes its claim before it looks, so of two at once at least one sees the other and gives way.
claim() {
  rclone rcat "$MODELS_REMOTE/${1%/*}/.claims/${1##*/}/$2" < /dev/null
  rclone lsf "$MODELS_REMOTE/${1%/*}/.claims/${1##*/}" > "$WORK/claims"
}

refuse() {
  echo "ERROR: $1 is of run $2 here and of run $3 in the store. A number is given once: fetch the store's ledger" \
    "(ledger.sh) and publish again under the next number" >&2
  failed=1
}

push() {
  there=$(stored_run "$1")
  if [ "$there" ] && [ "$there" != "$2" ]; then
    refuse "$1" "$2" "$there"
    return
  fi
  if [ "$(rclone lsf "$MODELS_REMOTE/$1" --include /saved_model.pb 2> /dev/null)" ]; then
    return
  fi
  claim "$1" "$2"
  if other=$(grep -vxF "$2" "$WORK/claims"); then
    refuse "$1" "$2" "$other"
    return
  fi
  rclone copy --retries 10 --retries-sleep 15s --exclude /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1"
  rclone copy --retries 10 --retries-sleep 15s --include /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1"
  push_ledger "${1%/*}"
  echo "published $1"
}

# The store's lines stay, and come first: of two entries with one number the first counts.
push_ledger() {
  [ -e "$MODELS/$1/versions.jsonl" ] || return 0
  rclone cat "$MODELS_REMOTE/$1/versions.jsonl" > "$WORK/ledger" 2> /dev/null || true
  awk '!seen[$0]++' "$WORK/ledger" "$MODELS/$1/versions.jsonl" | rclone rcat "$MODELS_REMOTE/$1/versions.jsonl"
}

failed=0
for folder in "$MODELS"/*/*/; do
  [ -e "$folder/saved_model.pb" ] || continue
  version="${folder#"$MODELS"/}"
  version="${version%/}"
  run=$(run_of < "$folder/assets.extra/card.json" 2> /dev/null || true)
  push "$version" "${run:-unknown}"
done
exit "$failed"
