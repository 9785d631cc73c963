#!/bin/sh
# Copies published versions from the object store to /models, again and again: the newest version of every model first,
# so that a new replica is never ready on an old one. A version is complete in the store once its saved_model.pb is there
# (push.sh writes that last) and appears here in one move, so that the model server never sees half of one. What is gone
# from the store goes here as well. A version that stands for another run than in the store is left alone, and told.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"

# Writes the names of the complete versions to a file, the highest number first; nothing is concluded from a list that was
# cut short.
list_versions() {
  rclone lsf --recursive --files-only --include '/*/*/saved_model.pb' "$MODELS_REMOTE" > "$WORK/files" || return 1
  sed -n 's,^\([^/]*/[0-9]*\)/saved_model.pb$,\1,p' "$WORK/files" > "$WORK/unsorted"
  newest_first > "$WORK/versions"
}

# The newest version of every model, then the one before of every model, and so on.
newest_first() {
  sort -t / -k 1,1 -k 2,2nr "$WORK/unsorted" | awk -F / '{ print ++rank[$1] "/" $0 }' | sort -s -t / -k 1,1n | cut -d / -f 2-
}

# The run that made the version in a folder, or in the store.
run_of() {
  sed -n 's/.*"run_id": "\([^"]*\)".*/\1/p'
}

fetch() {
  incoming="$MODELS/.incoming/$1"
  mkdir -p "$incoming" "$MODELS/${1%/*}" &&
    rclone copy "$MODELS_REMOTE/$1" "$incoming" < /dev/null &&
    mv "$incoming" "$MODELS/$1" &&
    echo "fetched $1"
}

# A number is given once. What the store's ledger says of it goes before what it holds under it.
same_run() {
  here=$(run_of < "$MODELS/$1/assets.extra/card.json" 2> /dev/null || true)
  there=$(grep -h "\"version\": ${1##*/}}" "$WORK/ledger.${1%/*}" 2> /dev/null | head -n 1 | run_of)
  if [ "$here" ] && [ "$there" ] && [ "$here" != "$there" ]; then
    echo "WARNING: $1 is of run $here here and of run $there in the store; it is left as it is" >&2
  fi
}

fetch_ledgers() {
  for model in $(sed 's,/.*,,' "$WORK/versions" | sort -u); do
    rclone cat "$MODELS_REMOTE/$model/versions.jsonl" > "$WORK/ledger.$model" 2> /dev/null < /dev/null || true
  done
}

remove_vanished() {
  for folder in "$MODELS"/*/*/; do
    version="${folder#"$MODELS"/}"
    version="${version%/}"
    if [ -d "$folder" ] && ! grep -qxF "$version" "$WORK/versions"; then
      rm -r "$folder" && echo "removed $version"
    fi
  done
}

synchronise() {
  list_versions || return 1
  fetch_ledgers
  while read -r version; do
    if [ -d "$MODELS/$version" ]; then same_run "$version"; else fetch "$version" || return 1; fi
  done < "$WORK/versions"
  # An empty list is more likely a wrong address than a wish to serve nothing.
  [ ! -s "$WORK/versions" ] || remove_vanished
}

trap 'exit 0' TERM
while :; do
  synchronise || echo "the object store cannot be read; trying again" >&2
  [ -z "${ONCE:-}" ] || exit 0
  sleep 15 &
  wait $!
done
