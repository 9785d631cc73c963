#!/bin/sh
# Removes versions and run folders that nobody needs. Keeps the VERSIONS_KEEP newest versions of each model, every
# version that models.config names, and run folders changed within RUNS_KEEP_DAYS days. Lists removed versions in
# .pruned, so that push.sh removes them from the object store. With DRY_RUN=true it only prints what it would remove.
set -eu
MODELS="${MODELS:-/models}"
RUNS="${RUNS:-/runs}"
CONFIG="${MODELS_CONFIG:-/etc/tensorflow-serving/models.config}"
VERSIONS_KEEP="${VERSIONS_KEEP:-10}"
RUNS_KEEP_DAYS="${RUNS_KEEP_DAYS:-90}"
DRY_RUN="${DRY_RUN:-false}"

# MODEL/VERSION for each version that models.config names in a policy or a version label, in every way in which
# protobuf's text can be written: versions:3, versions: [3, 4], <> for {}.
named() {
  sed -e 's/#.*//' -e 's/ *:/: /g' -e 's/[]{}<>[,;]/ /g' "$CONFIG" |
    tr -d "\"'" | tr -s ' \t' '\n' | awk '
    /:$/ { field = $0; next }
    field == "name:" && $0 != "" { model = $0; field = "" }
    field == "versions:" || field == "value:" { if ($0 ~ /^[0-9]+$/) print model "/" $0 }'
}

remove() {
  if [ "$DRY_RUN" = true ]; then
    echo "would remove $1"
  else
    rm -r "$1" && echo "removed $1"
  fi
}

# With none to keep, the newest version would go too, which serves where models.config names none.
[ "$VERSIONS_KEEP" -ge 1 ] || { echo "VERSIONS_KEEP must be a whole number from 1; nothing removed" >&2; exit 1; }
# Without the configuration the script cannot know what serves, and removes nothing.
[ -r "$CONFIG" ] || { echo "$CONFIG cannot be read; nothing removed" >&2; exit 1; }
kept="$(named)"

for folder in "$MODELS"/*/; do
  [ -d "$folder" ] || continue
  model="$(basename "$folder")"
  # Newest first; only folders that are versions.
  for version in $(find "$folder" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -exec basename {} \; |
    grep -xE '[0-9]+' | sort -rn | tail -n "+$((VERSIONS_KEEP + 1))"); do
    case "
$kept
" in *"
$model/$version
"*) continue ;; esac
    if [ "$DRY_RUN" != true ]; then echo "$model/$version" >> "$MODELS/.pruned"; fi
    remove "$folder$version"
  done
done

[ -d "$RUNS" ] || exit 0
# Keeps downloaded data sets: every job needs them.
find "$RUNS" -mindepth 1 -maxdepth 1 -type d -not -name cache | while read -r run; do
  if [ -z "$(find "$run" -mtime "-$RUNS_KEEP_DAYS" -print | head -n 1)" ]; then remove "$run"; fi
done
