#!/bin/sh
# Builds geckodriver, which Debian does not package, for the Firefox half of the suite `webdriver`. Takes some minutes
# of processor time, and nothing where there is one already. Without it that half is skipped and says so.
set -eu

version=0.37.1
place=$(dirname "$0")/out/geckodriver

PATH=$PATH:$HOME/.cargo/bin
if [ -x "$place/bin/geckodriver" ] || command -v geckodriver >/dev/null; then
  exit 0
fi

# The compiler that Debian keeps for its browsers is newer than its default one, which is too old on some releases.
if ! command -v cargo >/dev/null; then
  as_root=''
  [ "$(id -u)" = 0 ] || as_root=sudo
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get install -y -qq --no-install-recommends cargo-web gcc libc6-dev ||
    $as_root apt-get install -y -qq --no-install-recommends cargo gcc libc6-dev
fi
exec nice -n 10 cargo install --quiet --locked --root "$place" "geckodriver@$version"
