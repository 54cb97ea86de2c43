#!/bin/busybox sh
# PID 1 of the initramfs: the host's root, read-only, under an overlay in memory; then the guest's own PID 1.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

while read -r module; do
  insmod "/modules/$module" || echo "init: $module did not load"
done </modules/order

p9='trans=virtio,version=9p2000.L,msize=512000'
mount -t 9p -o "$p9,cache=loose,ro" root /ro
mount -t tmpfs tmpfs /rw
mkdir /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /new

# Nothing that runs on the host may show through in the places where programs meet each other.
for place in run tmp var/tmp; do
  mount -t tmpfs -o mode=1777 tmpfs "/new/$place"
done
for place in proc sys dev; do
  mount --move "/$place" "/new/$place"
done
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts devpts /new/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /new/dev/shm

# The checkout comes by a share of its own, since it may lie in a place that was just hidden.
mkdir -p /new/run/guest/checkout /new/run/guest/share
mount -t 9p -o "$p9,cache=loose,ro" checkout /new/run/guest/checkout
mount -t 9p -o "$p9,cache=none" share /new/run/guest/share

exec switch_root /new /bin/sh /run/guest/checkout/test/vm/guest/boot.sh
