#!/bin/sh
# Copies published versions from the object store to /models, again and again. A version is complete in the store once
# its saved_model.pb is there (push.sh writes that last) and appears here in one move, so that the model server never
# sees half of one. What is gone from the store goes here as well.
set -eu
MODELS="${MODELS:-/models}"

# Writes the names of the complete versions to a file; nothing is concluded from a list that was cut short.
list_versions() {
  rclone lsf --recursive --files-only --include '/*/*/saved_model.pb' "$MODELS_REMOTE" > /tmp/files &&
    sed 's,/saved_model.pb$,,' /tmp/files > /tmp/versions
}

fetch() {
  incoming="$MODELS/.incoming/$1"
  mkdir -p "$incoming" "$MODELS/${1%/*}" &&
    rclone copy "$MODELS_REMOTE/$1" "$incoming" < /dev/null &&
    mv "$incoming" "$MODELS/$1" &&
    echo "fetched $1"
}

remove_vanished() {
  for folder in "$MODELS"/*/*/; do
    version="${folder#"$MODELS"/}"
    version="${version%/}"
    if [ -d "$folder" ] && ! grep -qxF "$version" /tmp/versions; then
      rm -r "$folder" && echo "removed $version"
    fi
  done
}

synchronise() {
  list_versions || return 1
  while read -r version; do
    [ -d "$MODELS/$version" ] || fetch "$version" || return 1
  done < /tmp/versions
  # An empty list is more likely a wrong address than a wish to serve nothing.
  [ ! -s /tmp/versions ] || remove_vanished
}

trap 'exit 0' TERM
while :; do
  synchronise || echo "the object store cannot be read; trying again" >&2
  [ -z "${ONCE:-}" ] || exit 0
  sleep 15 &
  wait $!
done
