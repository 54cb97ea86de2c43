#!/bin/sh
# PID 1 of the guest: devices, then the tests, then off.
share=/run/guest/share
. "$share/guest.env" # NODE and OPTIONS, from the host

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/tmp/home LANG=C.UTF-8 XDG_RUNTIME_DIR=/run/user
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" /run/sshd
chmod 700 "$XDG_RUNTIME_DIR"

busybox ip link set lo up
modprobe -a uhid hid_generic
/lib/systemd/systemd-udevd --daemon --resolve-names=never
udevadm settle

cd /run/guest/checkout || exit 1
"$NODE" test/vm/out/build/guest/main.js $OPTIONS >"$share/guest.log" 2>&1
echo "guest: tests ended with status $?"
sync
echo o >/proc/sysrq-trigger
read -r _ </dev/console # a program that had to be loaded could fail now
