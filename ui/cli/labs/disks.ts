/** Disks that domain 0 makes of its own for domains: logical volumes and snapshots, a mirror that loses a half, an encrypted one. */
import { holds, lab } from './lab.ts';

export const volumes = lab(
  'LVM: two domains on a volume and a copy-on-write snapshot of it',
  async (shell) => {
    await shell.does('vgcreate lab /dev/vdb /dev/vdc && lvcreate --name web --size 24M lab');
    await shell.makes('web', 'disk=["phy:/dev/lab/web,xvda,w"]');
    await shell.inside(
      'web',
      'mote',
      ...['mke2fs /dev/xvda', 'mount /dev/xvda /mnt', 'echo one > /mnt/note', 'umount /mnt'],
    );
    await shell.does('lvcreate --snapshot --name copy --size 8M lab/web');
    await shell.makes('copy', 'disk=["phy:/dev/lab/copy,xvda,w"]');
    const [, found] = await shell.inside(
      'copy',
      'mote',
      ...['mount /dev/xvda /mnt', 'cat /mnt/note', 'echo two > /mnt/note', 'umount /mnt'],
    );
    holds('the snapshot has what its origin had', found!, 'one');
    const [, own] = await shell.inside('web', 'mote', 'mount /dev/xvda /mnt', 'cat /mnt/note', 'umount /mnt');
    holds('the origin has nothing of what its snapshot was written', own!, 'one');
    const told = await shell.does('lvs --noheadings --options lv_name,origin,lv_size lab');
    holds('lvs tells what stands on what', told, /^ +copy +web +8\.00m\s+web +24\.00m$/);
    await shell.does('xl destroy copy; xl destroy web');
    // What the copy was written goes into its origin, as one takes an upgrade that went well.
    await shell.does('lvconvert --merge lab/copy');
    await shell.does('mount -o ro /dev/lab/web /mnt');
    holds('merged, the origin has it', await shell.does('cat /mnt/note'), 'two');
    await shell.does('umount /mnt; vgremove --yes lab');
  },
);

export const mirror = lab(
  'RAID 1: a disk is lost under a running domain, and another takes its place',
  async (shell) => {
    await shell.does(
      'mdadm --create /dev/md0 --level=1 --raid-devices=2 --metadata=1.2 --run /dev/vdb /dev/vdc && mdadm --wait /dev/md0 || true',
    );
    await shell.makes('web', 'disk=["phy:/dev/md0,xvda,w"]');
    await shell.inside(
      'web',
      'mote',
      'mke2fs /dev/xvda',
      'mount /dev/xvda /mnt',
      'echo before > /mnt/a',
      'sync',
    );
    // The machine's third disk answers no request any more: the driver says so, and md takes the disk out by itself.
    shell.host.failRequests(2, 1000);
    await shell.inside('web', 'mote', 'echo after > /mnt/b', 'sync');
    await shell.does('sleep 1');
    holds(
      'the array goes on with one half',
      await shell.run('cat /proc/mdstat'),
      /vdc\[1\]\(F\)[^]*\[2\/1\] \[U_\]/,
    );
    holds('the domain has noticed nothing', await shell.inMote('web', 'cat /mnt/a /mnt/b'), 'before\nafter');
    await shell.does('mdadm /dev/md0 --remove /dev/vdc --add /dev/vdd');
    await shell.run('mdadm --wait /dev/md0');
    holds('the new half has all of it', await shell.run('cat /proc/mdstat'), /vdd\[2\][^]*\[2\/2\] \[UU\]/);
    await shell.inMote('web', 'umount /mnt');
    await shell.does('xl destroy web; mdadm --stop /dev/md0');
    // The new half alone.
    await shell.does('mdadm --assemble --run /dev/md0 /dev/vdd && mount -o ro /dev/md0 /mnt');
    holds('what was written is on it', await shell.does('cat /mnt/a /mnt/b'), 'before\nafter');
    await shell.does('umount /mnt; mdadm --stop /dev/md0');
  },
);

export const encrypted = lab(
  'LUKS: a domain writes in the clear, and the disk has nothing of it',
  async (shell) => {
    // As few rounds as there may be: they are to take time.
    const format =
      'cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vdd -';
    await shell.does(`printf secret | ${format}`);
    await shell.does('printf secret | cryptsetup open /dev/vdd vault -');
    holds(
      'it is open',
      await shell.does('cryptsetup status vault'),
      /type: +LUKS2\n +cipher: +aes-xts-plain64/,
    );
    await shell.makes('vault', 'disk=["phy:/dev/mapper/vault,xvda,w"]');
    await shell.inside(
      'vault',
      'mote',
      ...['mke2fs /dev/xvda', 'mount /dev/xvda /mnt', 'echo in the clear > /mnt/note', 'umount /mnt'],
    );
    await shell.does('xl destroy vault');
    holds('through the key it is there', await shell.does("grep -c 'in the clear' /dev/mapper/vault"), '1');
    await shell.does('cryptsetup close vault; sync');
    holds('on the disk it is not', await shell.run("grep -c 'in the clear' /dev/vdd"), '0');
    holds(
      'another key opens nothing',
      await shell.run('printf wrong | cryptsetup open /dev/vdd vault -'),
      /No key available/,
    );
  },
);
