# The interactive shell is process 1. BusyBox's poweroff, reboot and halt ask process 1 by a signal: obey it.
if [ $$ = 1 ]; then
  trap 'poweroff -f' USR2
  trap 'reboot -f' TERM
  trap 'halt -f' USR1
fi
