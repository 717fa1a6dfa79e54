#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# Modules get what the command line has for them: xen_blkfront.max_ring_page_order=2
for module in /lib/modules/*.ko; do
  [ -e "$module" ] || continue
  name=$(basename "$module" .ko | tr - _)
  insmod "$module" $(tr ' ' '\n' < /proc/cmdline | sed -n "s/^$name\.//p")
done
echo "INIT-REACHED $(cat /proc/uptime)"
uname -a
# Where the command line names a root, what is there goes on.
for word in $(cat /proc/cmdline); do
  case $word in root=*) root=${word#root=} ;; esac
done
if [ -n "$root" ]; then
  mkdir /mnt
  if mount "$root" /mnt; then
    mount --move /dev /mnt/dev
    umount /proc /sys
    exec switch_root /mnt /sbin/init
  fi
fi
export ENV=/etc/shell.sh
exec setsid cttyhack sh
