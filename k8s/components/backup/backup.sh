#!/bin/sh
# Copies the models to BACKUP_REMOTE, or back: backup.sh backup, backup.sh restore. A version never changes, so that a
# copy that exists is left alone, and nothing is ever removed from the backup. saved_model.pb goes last either way: a
# server that watches the folder never sees half of a version. Ledgers grow: they are joined, either way.
set -eu
MODELS="${MODELS:-/models}"
WORK="${WORK:-/tmp}"

# A command of rclone on all files of versions: not what is being written or removed, whose names are hidden.
on_versions() {
  command="$1"
  shift
  rclone "$command" --filter '- .*' --filter '- .*/**' "$@"
}

copy_versions() {
  on_versions copy --immutable --filter '- /*/*/saved_model.pb' --filter '+ /*/*/**' --filter '- *' "$1" "$2"
  on_versions copy --immutable --filter '+ /*/*/saved_model.pb' --filter '- *' "$1" "$2"
}

# Both sides have the same files with the same content, what is more in the second one aside.
compare() {
  on_versions check --one-way --filter '+ /*/*/**' --filter '- *' "$1" "$2"
}

ledgers() {
  rclone lsf --recursive --max-depth 2 --files-only --include '/*/versions.jsonl' "$1"
}

# The lines of the second side stay, and come first: of two entries with one number the first counts.
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
# One version that differs does not keep the others from being copied; the comparison tells of it.
copy_versions "$from" "$to" || true
join_ledgers "$from" "$to"
compare "$from" "$to"
