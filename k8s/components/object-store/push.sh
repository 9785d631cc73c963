#!/bin/sh
# Copies every published version that was never copied to the object store. saved_model.pb goes last: it is what makes a
# version count. A copy that was cut short is completed by the next run. The list of what was copied lies beside the
# models (.pushed): what was deleted from the store afterwards stays deleted. Versions that prune.sh removed here are
# named in .pruned and are removed from the store.
set -eu
MODELS="${MODELS:-/models}"
touch "$MODELS/.pushed" "$MODELS/.pruned"

in_store() {
  [ -n "$(rclone lsf "$MODELS_REMOTE/$1" --include /saved_model.pb 2> /dev/null)" ]
}

copy() {
  rclone copy --retries 10 --retries-sleep 15s "$@"
}

publish() {
  copy --exclude /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1"
  copy --include /saved_model.pb "$MODELS/$1" "$MODELS_REMOTE/$1"
  echo "published $1"
}

# Hidden files beside the versions, such as the highest number that was ever given: they go before the versions.
for folder in "$MODELS"/*/; do
  [ -d "$folder" ] || continue
  model="$(basename "$folder")"
  copy --max-depth 1 --include '/.*' "$folder" "$MODELS_REMOTE/$model"
done

for folder in "$MODELS"/*/*/; do
  [ -e "$folder/saved_model.pb" ] || continue
  version="${folder#"$MODELS"/}"
  version="${version%/}"
  if grep -qxF "$version" "$MODELS/.pushed"; then continue; fi
  in_store "$version" || publish "$version"
  echo "$version" >> "$MODELS/.pushed"
done

while read -r version; do
  # Only what this script once copied, and only what is really gone here.
  if grep -qxF "$version" "$MODELS/.pushed" && [ ! -e "$MODELS/$version" ] && in_store "$version"; then
    rclone purge "$MODELS_REMOTE/$version" < /dev/null
    echo "removed $version"
  fi
done < "$MODELS/.pruned"
