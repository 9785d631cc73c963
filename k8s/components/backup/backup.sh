#!/bin/sh
# Copies the models to BACKUP_REMOTE, or back: backup.sh backup, backup.sh restore. Versions never change, so existing
# copies are left alone, and nothing is removed from the backup. saved_model.pb is copied last, so a server that watches
# the folder never sees half a version. The ledgers of both sides are merged.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"

# Runs an rclone command on all files of versions. Files being written or removed have hidden names and are skipped.
on_versions() {
  command="$1"
  shift
  rclone "$command" --filter '- .*' --filter '- .*/**' "$@"
}

copy_versions() {
  on_versions copy --immutable --filter '- /*/*/saved_model.pb' --filter '+ /*/*/**' --filter '- *' "$1" "$2"
  on_versions copy --immutable --filter '+ /*/*/saved_model.pb' --filter '- *' "$1" "$2"
}

# Checks that every file of the first side is on the second side with the same content.
compare() {
  on_versions check --one-way --filter '+ /*/*/**' --filter '- *' "$1" "$2"
}

ledgers() {
  rclone lsf --recursive --max-depth 2 --files-only --include '/*/versions.jsonl' "$1"
}

# The second side's lines come first: if two entries have one number, the first counts.
join_ledgers() {
  ledgers "$1" > "$WORK/from"
  [ -s "$WORK/from" ] || return 0
  ledgers "$2" > "$WORK/to"
  while read -r path; do
    : > "$WORK/there"
    if grep -qxF "$path" "$WORK/to"; then rclone cat "$2/$path" < /dev/null > "$WORK/there"; fi
    rclone cat "$1/$path" < /dev/null > "$WORK/here"
    awk '!seen[$0]++' "$WORK/there" "$WORK/here" > "$WORK/joined"
    rclone rcat "$2/$path" < "$WORK/joined"
  done < "$WORK/from"
}

case "${1:-backup}" in
  backup) from="$MODELS" to="$BACKUP_REMOTE" ;;
  restore) from="$BACKUP_REMOTE" to="$MODELS" ;;
  *) echo "usage: backup.sh backup|restore" >&2 && exit 2 ;;
esac
# A version that differs does not stop the others from being copied; the comparison reports it.
copy_versions "$from" "$to" || true
join_ledgers "$from" "$to"
compare "$from" "$to"
