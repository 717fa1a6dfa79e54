/** Disks and roots that servers give: iSCSI, NBD, NFS. Server and client are on one host here, over its network. */
import { holds, lab } from './lab.ts';

/** Domain 0's, by the network's DHCP. */
const ADDRESS = '10.0.0.100';
const TARGET = 'iqn.2028-01.lab:web';

export const iscsi = lab('iSCSI: a domain on a disk that a target serves', async (shell) => {
  const tgtadm = 'tgtadm --lld iscsi --op';
  await shell.does(`${tgtadm} new --mode target --tid 1 --targetname ${TARGET}`);
  await shell.does(`${tgtadm} new --mode logicalunit --tid 1 --lun 1 --backing-store /dev/vdb`);
  await shell.does(`${tgtadm} bind --mode target --tid 1 --initiator-address ALL`);
  const found = await shell.does(`iscsiadm --mode discovery --type sendtargets --portal ${ADDRESS}`);
  holds('it is discovered', found, `${ADDRESS}:3260,1 ${TARGET}`);
  await shell.does('iscsiadm --mode node --login && sleep 2');
  holds('it is a disk', await shell.does('lsblk --scsi --noheadings --output NAME,TRAN'), /^sda +iscsi$/);
  const path = `/dev/disk/by-path/ip-${ADDRESS}:3260-iscsi-${TARGET}-lun-1`;
  await shell.makes('web', `disk=["phy:${path},xvda,w"]`);
  await shell.inside(
    'web',
    'mote',
    ...['mke2fs /dev/xvda', 'mount /dev/xvda /mnt', 'echo far away > /mnt/note', 'umount /mnt'],
  );
  await shell.does('xl destroy web; iscsiadm --mode node --logout');
  await shell.does('mount -o ro /dev/vdb /mnt');
  holds('the target has it', await shell.does('cat /mnt/note'), 'far away');
});

export const nbd = lab('NBD: a domain on a file that nbd-server serves', async (shell) => {
  await shell.does('truncate --size 32M /srv/web.img && chown nbd /srv/web.img');
  await shell.writes('/etc/nbd-server/conf.d/web.conf', '[web]', '    exportname = /srv/web.img');
  await shell.does('systemctl restart nbd-server && modprobe nbd && sleep 1');
  holds('it is a disk', await shell.does(`nbd-client -N web ${ADDRESS} /dev/nbd0`), /size = 32MB/);
  await shell.makes('web', 'disk=["phy:/dev/nbd0,xvda,w"]');
  await shell.inside(
    'web',
    'mote',
    ...['mke2fs /dev/xvda', 'mount /dev/xvda /mnt', 'echo far away > /mnt/note', 'umount /mnt'],
  );
  await shell.does('xl destroy web; nbd-client -d /dev/nbd0; mount -o ro,loop /srv/web.img /mnt');
  holds('the server has it', await shell.does('cat /mnt/note'), 'far away');
});

export const nfsRoot = lab('NFS: a domain of Debian’s kernel whose root domain 0 exports', async (shell) => {
  const folders = ['bin', 'sbin', 'etc', 'proc', 'sys', 'dev', 'run', 'tmp', 'root'];
  await shell.does(`mkdir -p ${folders.map((name) => `/srv/root/${name}`).join(' ')}`);
  await shell.does('install -m 755 /lab/cloud/busybox /srv/root/bin/busybox');
  await shell.does(
    'chroot /srv/root /bin/busybox --install -s /bin && ln -s ../bin/busybox /srv/root/sbin/init',
  );
  await shell.writes('/srv/root/etc/inittab', 'hvc0::respawn:-/bin/sh');
  await shell.writes('/etc/exports', '/srv/root 10.0.0.0/24(rw,no_root_squash,no_subtree_check)');
  await shell.does('exportfs -ra');
  // Domain 0's own kernel and initramfs, which know NFS.
  await shell.writes(
    'nfs',
    'name = "nfs"',
    'kernel = "/vmlinuz"',
    'ramdisk = "/initrd.img"',
    'memory = 256',
    'vif = ["bridge=xenbr0"]',
    `extra = "console=hvc0 quiet root=/dev/nfs nfsroot=${ADDRESS}:/srv/root,vers=3 ip=dhcp rw init=/sbin/init"`,
  );
  await shell.does('xl create -q nfs');
  const [mounted] = await shell.inside(
    'nfs',
    'linux',
    'mount -t proc proc /proc; grep " / " /proc/mounts',
    'echo by nfs > /note',
  );
  holds('its root is on NFS', mounted!, new RegExp(`^${ADDRESS}:/srv/root / nfs rw`));
  holds('domain 0 has what it wrote', await shell.does('cat /srv/root/note'), 'by nfs');
  await shell.does('xl destroy nfs');
});
