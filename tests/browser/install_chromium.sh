#!/bin/sh
# Install the Chromium that the browser tests drive, on Debian or Ubuntu; does nothing where there is one.
set -eu
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
  exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation
