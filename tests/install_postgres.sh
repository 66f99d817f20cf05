#!/bin/sh
# A PostgreSQL with PostGIS for the tests of database sources: Debian's, where apt and root are there. Without it those
# tests are skipped, and say so.
set -u
find /usr/lib/postgresql -name initdb 2>/dev/null | grep -q . && find /usr/share/postgresql -name postgis.control 2>/dev/null | grep -q . && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing PostgreSQL with PostGIS ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql postgresql-postgis >/dev/null && exit 0
fi
echo "PostgreSQL with PostGIS is missing: the tests of database sources will be skipped. Install it with" \
     "'sudo apt install postgresql postgresql-postgis', then run 'make test' again." >&2
exit 0
