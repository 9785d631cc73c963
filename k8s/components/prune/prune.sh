#!/bin/sh
# Removes versions and run folders that nobody needs any more. Kept are, of each model: the VERSIONS_KEEP newest versions
# and every version that models.config names; and run folders that changed within RUNS_KEEP_DAYS days. What is removed is
# noted in .pruned, so that push.sh removes it from the object store. With DRY_RUN=true it only says what it would do.
set -eu
MODELS="${MODELS:-/models}"
RUNS="${RUNS:-/runs}"
CONFIG="${MODELS_CONFIG:-/etc/tensorflow-serving/models.config}"
VERSIONS_KEEP="${VERSIONS_KEEP:-10}"
RUNS_KEEP_DAYS="${RUNS_KEEP_DAYS:-90}"
DRY_RUN="${DRY_RUN:-false}"

# MODEL/VERSION for each version that models.config names, by a policy or by a label.
named() {
  sed 's/#.*//' "$CONFIG" | tr '{},;' '[\n*]' | tr -s ' \t' '\n' | awk '
    field == "name:" { gsub(/"/, ""); model = $0 }
    field == "versions:" || field == "value:" { if ($0 ~ /^[0-9]+$/) print model "/" $0 }
    { if ($0 != "") field = $0 }'
}

remove() {
  if [ "$DRY_RUN" = true ]; then
    echo "would remove $1"
  else
    rm -r "$1" && echo "removed $1"
  fi
}

# Without the configuration nothing is known of what serves, and nothing is removed.
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
# Data sets that were downloaded stay: every job needs them.
find "$RUNS" -mindepth 1 -maxdepth 1 -type d -not -name cache | while read -r run; do
  if [ -z "$(find "$run" -mtime "-$RUNS_KEEP_DAYS" -print | head -n 1)" ]; then remove "$run"; fi
done
