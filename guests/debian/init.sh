#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo "INIT-REACHED $(cat /proc/uptime)"
uname -a
export ENV=/etc/shell.sh
exec setsid cttyhack sh
