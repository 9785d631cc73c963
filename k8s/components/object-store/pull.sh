#!/bin/sh
# Copies published versions from the object store to /models, in a loop. A version in the store is complete when its
# saved_model.pb is there, which push.sh writes last. It appears in /models in one move, so the model server never sees
# half a version.
#
# Versions that models.config names, such as stable and canary, are copied first. The newest of each model follow, at
# most MODELS_KEEP. All other versions, and those deleted from the store, are removed from /models. SYNCHRONISED appears
# when every model has the first version that it should serve; only then does the model server start. A version whose
# number belongs to another run in the store is left alone and reported.
set -eu
MODELS="${MODELS:-/models}"
KEEP="${MODELS_KEEP:-3}"
CONFIG="${MODELS_CONFIG:-/etc/tensorflow-serving/models.config}"
WORK="${WORK:-/tmp}"
SYNCHRONISED="$WORK/synchronised"

# Writes MODEL/VERSION of the complete versions, newest first. A truncated listing is not used.
list_versions() {
  rclone lsf --recursive --files-only --include '/*/*/saved_model.pb' "$MODELS_REMOTE" > "$WORK/files" &&
    sed -n 's,^\([^/]*/[0-9][0-9]*\)/saved_model.pb$,\1,p' "$WORK/files" | sort -t / -k 2,2nr > "$WORK/versions"
}

# Writes MODEL for each model of models.config, and MODEL/VERSION for each version that it names, in every way in which
# protobuf's text can be written: versions:3, versions: [3, 4], <> for {}.
read_config() {
  sed -e 's/#.*//' -e 's/ *:/: /g' -e 's/[]{}<>[,;]/ /g' "$CONFIG" 2> /dev/null |
    tr -d "\"'" | tr -s ' \t' '\n' | awk '
    /:$/ { field = $0; next }
    field == "name:" && $0 != "" { model = $0; field = ""; print model }
    field == "versions:" || field == "value:" { if ($0 ~ /^[0-9]+$/) print model "/" $0 }' > "$WORK/configured"
}

# The wanted versions that the store has, the most important first.
choose() {
  {
    grep / "$WORK/configured" | while read -r version; do grep -xF "$version" "$WORK/versions" || true; done
    awk -F / -v keep="$KEEP" '{ if (++count[$1] <= keep) print }' "$WORK/versions"
  } | awk '!seen[$0]++' > "$WORK/wanted"
}

fetch() {
  incoming="$MODELS/.incoming/$1"
  mkdir -p "$incoming" "$MODELS/${1%/*}" &&
    rclone copy "$MODELS_REMOTE/$1" "$incoming" < /dev/null &&
    mv "$incoming" "$MODELS/$1" &&
    echo "fetched $1"
}

# The run that made a version, from a card or from a line of a ledger.
run_of() {
  sed -n 's/.*"run_id": "\([^"]*\)".*/\1/p'
}

fetch_ledgers() {
  cut -d / -f 1 "$WORK/wanted" | sort -u > "$WORK/models"
  while read -r model; do
    rclone cat "$MODELS_REMOTE/$model/versions.jsonl" > "$WORK/ledger.$model" 2> /dev/null < /dev/null || true
  done < "$WORK/models"
}

# A number is used once. The store's ledger takes precedence over a local folder with that number.
compare_run() {
  here=$(run_of < "$MODELS/$1/assets.extra/card.json" 2> /dev/null || true)
  there=$(grep -h "\"version\": ${1##*/}}" "$WORK/ledger.${1%/*}" 2> /dev/null | head -n 1 | run_of)
  if [ "$here" ] && [ "$there" ] && [ "$here" != "$there" ]; then
    echo "WARNING: $1 is of run $here here and of run $there in the store; it is left as it is" >&2
  fi
}

# Checks that every model of models.config (or of the store, without one) has the first of its wanted versions.
announce() {
  { grep -v / "$WORK/configured" || cut -d / -f 1 "$WORK/wanted" | sort -u; } > "$WORK/models"
  [ -s "$WORK/models" ] || return 0
  while read -r model; do
    first=$(grep "^$model/" "$WORK/wanted" | head -n 1)
    [ -n "$first" ] && [ -d "$MODELS/$first" ] || return 0
  done < "$WORK/models"
  [ -e "$SYNCHRONISED" ] || : > "$SYNCHRONISED"
}

remove_unwanted() {
  for folder in "$MODELS"/*/*/; do
    version="${folder#"$MODELS"/}"
    version="${version%/}"
    if [ -d "$folder" ] && ! grep -qxF "$version" "$WORK/wanted"; then
      rm -r "$folder" && echo "removed $version"
    fi
  done
}

synchronise() {
  list_versions || return 1
  read_config
  choose
  fetch_ledgers
  # The first version of every model comes before the other versions of any.
  awk -F / '{ print ++count[$1] "/" $0 }' "$WORK/wanted" | sort -t / -k 1,1n -s | cut -d / -f 2- > "$WORK/order"
  while read -r version; do
    if [ -d "$MODELS/$version" ]; then compare_run "$version"; else fetch "$version" || return 1; fi
    announce
  done < "$WORK/order"
  # An empty list more likely means a wrong address than that nothing should serve.
  [ ! -s "$WORK/wanted" ] || remove_unwanted
}

trap 'exit 0' TERM
while :; do
  synchronise || echo "the object store cannot be read; trying again" >&2
  [ -z "${ONCE:-}" ] || exit 0
  sleep 15 &
  wait $!
done
