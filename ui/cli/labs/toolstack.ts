/** What the stock toolstack brings besides xl: pygrub, qemu's disks, xendomains, libvirt. */
import { holds, lab } from './lab.ts';

export const ownKernel = lab('pygrub: a domain boots the kernel that is on its own disk', async (shell) => {
  await shell.does('truncate --size 48M guest.img && mke2fs -q guest.img && mount -o loop guest.img /mnt');
  await shell.does('mkdir -p /mnt/boot/grub && cp /lab/cloud/vmlinuz /lab/cloud/initrd.gz /mnt/boot');
  await shell.writes(
    '/mnt/boot/grub/grub.cfg',
    ...[
      'set timeout=1',
      'menuentry "Debian, from its own disk" {',
      '  linux /boot/vmlinuz console=hvc0 rdinit=/init quiet',
    ],
    ...['  initrd /boot/initrd.gz', '}'],
  );
  await shell.does('umount /mnt');
  const listed = await shell.does('/usr/lib/xen-4.17/bin/pygrub --list-entries guest.img');
  holds('pygrub reads the menu', listed, /title: Debian, from its own disk\n[^]*kernel: \/boot\/vmlinuz\n/);
  await shell.writes(
    'own',
    ...['name = "own"', 'bootloader = "pygrub"', 'memory = 128', 'disk = ["file:/root/guest.img,xvda,w"]'],
  );
  await shell.does('xl create -q own');
  const [told] = await shell.inside('own', 'linux', 'uname -s; cat /proc/partitions');
  holds('it is Linux, and has the disk', told!, /^Linux\n[^]* 49152 xvda$/);
  await shell.does('xl destroy own');
});

export const images = lab(
  'qcow2: qemu serves a domain an image that grows, over a template',
  async (shell) => {
    await shell.does('qemu-img create -q -f qcow2 template.qcow2 32M');
    await shell.makes('first', 'disk=["format=qcow2,vdev=xvda,access=rw,target=/root/template.qcow2"]');
    await shell.does('sleep 1');
    await shell.inside(
      'first',
      'mote',
      ...['mke2fs /dev/xvda', 'mount /dev/xvda /mnt', 'echo template > /mnt/note', 'umount /mnt'],
    );
    await shell.does('xl destroy first; qemu-img create -q -f qcow2 -b template.qcow2 -F qcow2 web.qcow2');
    await shell.makes('web', 'disk=["format=qcow2,vdev=xvda,access=rw,target=/root/web.qcow2"]');
    await shell.does('sleep 1');
    const served = await shell.does('xl block-list web');
    holds('qemu serves it', served, /^51712 +0 +\d+ +4 .*\/backend\/qdisk\//m);
    const [, note] = await shell.inside(
      'web',
      'mote',
      'mount /dev/xvda /mnt',
      'cat /mnt/note',
      'echo mine > /mnt/own',
      'umount /mnt',
    );
    holds('it has what the template has', note!, 'template');
    await shell.does('xl destroy web');
    holds(
      'both are whole',
      await shell.does('qemu-img check template.qcow2 && qemu-img check web.qcow2'),
      /No errors[^]*No errors/,
    );
  },
);

export const xendomains = lab(
  'xendomains: saves its domains when the host goes down, and restores them',
  async (shell) => {
    await shell.does('mkdir -p /etc/xen/auto && ln -s ../mote /etc/xen/auto/mote');
    await shell.does('systemctl start xendomains && sleep 2');
    await shell.inMote('mote', 'echo kept > /tmp/note');
    await shell.does('systemctl stop xendomains');
    holds('it is not there', await shell.does('xl list'), /^Name[^\n]*\nDomain-0[^\n]*$/);
    holds('it is saved', await shell.does('ls /var/lib/xen/save'), 'mote');
    await shell.does('systemctl start xendomains && sleep 2');
    holds('it has gone on', await shell.inMote('mote', 'cat /tmp/note'), 'kept');
    await shell.does('xl destroy mote');
  },
);

export const throughLibvirt = lab(
  'libvirt: virsh defines, starts, shows, saves and restores a domain',
  async (shell) => {
    const virsh = (command: string): Promise<string> => shell.does(`virsh ${command}`);
    await shell.does('export LIBVIRT_DEFAULT_URI=xen:///system');
    holds('it knows Xen', await virsh('version'), /Running hypervisor: Xen 4\.17\.0/);
    await virsh('domxml-from-native xen-xl /etc/xen/mote > mote.xml');
    await virsh('define mote.xml');
    await virsh('start mote');
    holds('it runs', await virsh('list'), /^ \d+ +mote +running$/m);
    holds('xl sees it, too', await shell.does('xl list'), /^mote +\d+ +32 +1 /m);
    holds(
      'its XML names its kernel',
      await virsh('dumpxml mote'),
      /<kernel>\/lab\/mote\/mote\.elf<\/kernel>/,
    );
    await shell.inMote('mote', 'echo kept > /tmp/note');
    await virsh('suspend mote');
    holds('it is paused', await virsh('domstate mote'), 'paused');
    await virsh('resume mote');
    await virsh('save mote mote.save');
    holds('it is off', await virsh('list --all'), /^ - +mote +shut off$/m);
    await virsh('restore mote.save');
    holds('it has gone on', await shell.inMote('mote', 'cat /tmp/note'), 'kept');
    await virsh('destroy mote');
    await virsh('undefine mote');
  },
);

export const installed = lab(
  'virt-install: makes a domain with a disk, in a pool and beside a network of libvirt’s',
  async (shell) => {
    await shell.does('export LIBVIRT_DEFAULT_URI=xen:///system; truncate --size 16M /srv/made.img');
    const boot = '--boot kernel=/lab/mote/mote.elf,initrd=/lab/mote/mote.cpio';
    const rest = '--disk /srv/made.img --network none --graphics none --noautoconsole --osinfo generic';
    await shell.does(`virt-install --import --paravirt --name made --memory 32 ${boot} ${rest}`);
    holds('it runs', await shell.does('virsh list'), /^ \d+ +made +running$/m);
    holds('it has the disk', await shell.inMote('made', 'sleep 1; ls /dev'), /\bxvda\b/);
    holds(
      'the disk’s folder is a pool',
      await shell.does('virsh vol-list srv'),
      /^ made\.img +\/srv\/made\.img$/m,
    );
    await shell.does('virsh net-start default');
    holds('its network is up', await shell.does('ip -brief address show virbr0'), /192\.168\.122\.1\/24/);
    await shell.does('virsh destroy made; virsh undefine made');
  },
);

export const itself = lab(
  'the host itself: nothing has failed; it goes down, its domains before it',
  async (shell) => {
    holds('systemd says that it runs', await shell.does('systemctl is-system-running'), 'running');
    holds('nothing has failed', await shell.does('systemctl --failed --no-legend'), '');
    await shell.does('mkdir -p /etc/xen/auto && ln -s ../mote /etc/xen/auto/mote');
    await shell.does('systemctl start xendomains && sleep 2');
    const { console } = shell.host;
    console.enter('poweroff');
    await console.expect('Entering ACPI S5 state');
    holds('no other domain is left', shell.host.domains.map(({ id }) => id).join(' '), '0');
  },
);
