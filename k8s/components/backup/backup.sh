#!/bin/sh
# Copies the models to BACKUP_REMOTE, or back: backup.sh backup, backup.sh restore. A version never changes, so that a
# copy that exists is left alone, and nothing is ever removed from the backup. saved_model.pb goes last either way: a
# server that watches the folder never sees half of a version.
set -eu
MODELS="${MODELS:-/models}"

copy_versions() {
  rclone copy --immutable --exclude '/*/*/saved_model.pb' --exclude '/.incoming/**' "$1" "$2"
  rclone copy --immutable --include '/*/*/saved_model.pb' --exclude '*' "$1" "$2"
}

# Both sides have the same files with the same content, what is more in the second one aside.
compare() {
  rclone check --one-way --exclude '/.incoming/**' "$1" "$2"
}

case "${1:-backup}" in
  backup) copy_versions "$MODELS" "$BACKUP_REMOTE" && compare "$MODELS" "$BACKUP_REMOTE" ;;
  restore) copy_versions "$BACKUP_REMOTE" "$MODELS" && compare "$BACKUP_REMOTE" "$MODELS" ;;
  *) echo "usage: backup.sh backup|restore" >&2 && exit 2 ;;
esac
