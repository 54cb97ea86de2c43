#!/bin/sh
# Installs what the guest is made of and what runs in it, from Debian's packages. Does nothing where all of it
# is there already. The kernel is only read from /boot and /lib/modules; the host never boots it.
set -eu

emulator='qemu-system-x86 linux-image-amd64 busybox-static cpio kmod udev xz-utils'
browsers='chromium chromium-driver firefox-esr xvfb openbox xdotool'
clients='fido2-tools openssh-client openssh-server usbip'

missing=''
for package in $emulator $browsers $clients; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  exit 0
fi

as_root=''
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "test/vm needs these packages:$missing" >&2; exit 1; }
  as_root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
$as_root apt-get install -y -qq --no-install-recommends $missing
