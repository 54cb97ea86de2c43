#!/bin/sh
# Runs a command while a key is plugged in, and takes it out again:
#
#   sh with-key.sh npm test
#
# FAUXKEY_START has more options for `fauxkey start`, e.g. `--transport tcp:127.0.0.1:8112 --uv`. Without it the key is a USB
# device where that is possible, and a stream of CTAPHID reports on port 8112 elsewhere. FAUXKEY is the program.
set -eu

events=$(mktemp)
# shellcheck disable=SC2086 # several words
${FAUXKEY:-node_modules/.bin/fauxkey} start --memory --consent auto --json ${FAUXKEY_START:-} >"$events" &
key=$!
finish() {
  kill "$key" 2>/dev/null || true
  wait "$key" 2>/dev/null || true
  rm -f "$events"
}
trap finish EXIT

# The first line that it prints is {"event":"ready",…}.
tries=0
until grep -q '"event":"ready"' "$events"; do
  if [ "$tries" -ge 300 ] || ! kill -0 "$key" 2>/dev/null; then
    echo "The key did not start." >&2
    exit 1
  fi
  tries=$((tries + 1))
  sleep 0.1
done

"$@"
