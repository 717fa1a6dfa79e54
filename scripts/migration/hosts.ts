/** Three hosts on a LAN of 1 Gbit/s, with a domain to be migrated on the first, and clients on the third. */
import { readFileSync } from 'node:fs';
import { debianImages } from '../../guests/debian/fetch.ts';
import type { WorldImages } from '../../ui/lab/world/images.ts';
import { Consoles, mote, moteWorld, PROMPT } from '../../ui/lab/world/testing.ts';
import type { World } from '../../ui/lab/world/world.ts';
import { CLIENTS, FROM, TO } from './course.ts';

export interface Hosts {
  readonly world: World;
  readonly consoles: Consoles;
}

export interface Guest {
  readonly kind: 'Mote' | 'Debian';
  readonly memoryMb: number;
  readonly vcpus?: number;
}

export const NAME = 'web';
const ADDRESS = '10.0.0.70';
/** Beside the domain: domain 0 and Xen. */
const REST_MB = 72;
const DOM0_MB = 48;
/** As the paper's web server has: one file of 512 KiB, again and again. */
const FILE_KIB = 512;

/** A world with the domain up on its first host; undefined: there is no way to have its kernel. */
export async function hostsWith(guest: Guest): Promise<Hosts | undefined> {
  const images = guest.kind === 'Debian' ? await linuxImages() : {};
  if (images === undefined) return undefined;
  const files = Object.fromEntries(Object.keys(images).map((name) => [name, name]));
  const hosts = ['A', 'B', 'C'].map((name) =>
    mote(name, {
      hostMb: name === 'C' ? REST_MB : guest.memoryMb + REST_MB,
      memoryMb: DOM0_MB,
      // Domain 0 has a processor of its own, as one gives it where one migrates.
      cpus: 2,
      ...(name === 'A' ? { files } : {}),
    }),
  );
  const lans = [{ name: 'lan', megabitsPerSecond: 1000 }];
  const world = await moteWorld({ hosts, lans }, images);
  for (const host of [FROM, TO]) world.hosts[host]!.lab.witness.watch();
  const consoles = new Consoles(world);
  for (const host of [FROM, TO, CLIENTS]) consoles.until(host, PROMPT);
  consoles.letIn(TO);
  for (const line of configuration(guest)) consoles.run(FROM, `echo '${line}' >> /etc/xen/${NAME}.cfg`);
  consoles.run(FROM, `xm create ${NAME}.cfg`);
  return { world, consoles };
}

async function linuxImages(): Promise<WorldImages | undefined> {
  const images = await debianImages();
  if (images === undefined) return undefined;
  return { vmlinuz: readFileSync(images.cloud), initrd: readFileSync(images.initrdCloud) };
}

function configuration({ kind, memoryMb, vcpus = 1 }: Guest): string[] {
  const kernel =
    kind === 'Mote'
      ? ['kernel = "/boot/mote.elf"', 'ramdisk = "/boot/mote.cpio"']
      : ['kernel = "/lab/vmlinuz"', 'ramdisk = "/lab/initrd"', 'extra = "console=hvc0 rdinit=/init"'];
  return [
    ...kernel,
    `name = "${NAME}"`,
    `memory = ${String(memoryMb)}`,
    `vcpus = ${String(vcpus)}`,
    'vif = [ "mac=00:16:3e:00:00:70" ]',
  ];
}

/** Types commands in the domain, one after the other. */
export function inside({ consoles }: Hosts, { kind }: Guest, ...commands: readonly string[]): void {
  const prompt = kind === 'Mote' ? '/ \\$ $' : '# \\S*$';
  // What was printed there before is shown again first.
  for (const [index, command] of ['', ...commands].entries()) {
    if (index > 0) consoles.type(FROM, `${command}; echo d""one${String(index)}\r`);
    else consoles.type(FROM, `xm console ${NAME}\recho d""one0\r`);
    consoles.until(FROM, new RegExp(`\ndone${String(index)}\r?\n[^]*${prompt}`));
  }
  consoles.type(FROM, '\x1d');
  consoles.until(FROM, PROMPT);
}

/** Lets the domain serve a file, and so many clients on the third host fetch it without pause. */
export function serve(hosts: Hosts, guest: Guest, clients: number): void {
  const network = `ifconfig eth0 ${ADDRESS} netmask 255.255.255.0`;
  const file = `dd if=/dev/zero of=/tmp/file bs=1024 count=${String(FILE_KIB)}`;
  if (guest.kind === 'Mote') inside(hosts, guest, network, file, 'httpd /tmp > /dev/null &');
  else inside(hosts, guest, `${network} up`, file, 'httpd -h /tmp');
  const fetch = `while true; do wget -q -O /dev/null http://${ADDRESS}/file; done`;
  for (let n = 0; n < clients; n++) hosts.consoles.run(CLIENTS, `sh -c '${fetch}' &`);
}
