#!/bin/sh
# Copies every published version that the object store does not have yet. saved_model.pb goes last: it is what makes a
# version count. A copy that was cut short is completed by the next run.
set -eu
MODELS="${MODELS:-/models}"

for folder in "$MODELS"/*/*/; do
  [ -e "$folder/saved_model.pb" ] || continue
  version="${folder#"$MODELS"/}"
  version="${version%/}"
  if [ "$(rclone lsf "$MODELS_REMOTE/$version" --include /saved_model.pb 2> /dev/null)" ]; then
    continue
  fi
  rclone copy --retries 10 --retries-sleep 15s --exclude /saved_model.pb "$folder" "$MODELS_REMOTE/$version"
  rclone copy --retries 10 --retries-sleep 15s --include /saved_model.pb "$folder" "$MODELS_REMOTE/$version"
  echo "published $version"
done
