#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /lib/modules/*.ko; do
  [ ! -e "$module" ] || insmod "$module"
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
