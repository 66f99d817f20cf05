#!/bin/sh
# A browser for the page tests: Debian's where apt and root are there, else Playwright's own, else one clear sentence.
# $1: the Python of the virtual environment.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing Chromium ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
"$1" -m playwright install chromium && exit 0
echo "The page tests need Chromium and it could not be installed: run 'sudo apt install chromium', then 'make test' again." >&2
exit 1
