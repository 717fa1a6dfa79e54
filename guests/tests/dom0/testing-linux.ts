/** Debian's cloud kernel as a domain with a disk for its root and a network card, both by its own frontends. */
import { readFileSync } from 'node:fs';
import type { DebianImages } from '../../debian/fetch.ts';
import { rootImage } from '../../debian/root-image.ts';
import type { RootType } from '../../debian/root-image.ts';
import type { HostDisk } from '../../../ui/lab/host-devices.ts';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';
import type { Files, Sizes } from './testing.ts';

/** Of the host, besides the domain's. */
const MORE_MB = 192;

export interface LinuxSizes {
  readonly type: RootType;
  readonly rootMib: number;
  readonly vcpus?: number;
  readonly memoryMb?: number;
  readonly extra?: string;
  /** Disks besides its root: xvdb, … */
  readonly more?: readonly HostDisk[];
}

/** What a host with a file for a Linux domain, `linux`, and one for a domain of Mote's with a card, `other`, is booted with. */
export function linuxParts(images: DebianImages, sizes: LinuxSizes): [files: Files, sizes: Sizes] {
  const { type, rootMib, vcpus = 1, memoryMb = 128, extra = '', more = [] } = sizes;
  const root = { name: 'root', bytes: rootImage(readFileSync(images.busybox), type, rootMib) };
  const letters = ['a', ...more.map((_, index) => String.fromCharCode(98 + index))];
  const linux = [
    'kernel = "/boot/vmlinuz"',
    'ramdisk = "/boot/initrd.gz"',
    `memory = ${String(memoryMb)}`,
    'name = "lin"',
    `vcpus = ${String(vcpus)}`,
    'root = "/dev/xvda"',
    `extra = "console=hvc0 ${extra}"`,
    `disk = [ ${letters.map((letter) => `'phy:vd${letter},xvd${letter},w'`).join(', ')} ]`,
    "vif = [ 'mac=00:16:3e:00:00:10' ]",
  ];
  return [
    {
      'boot/vmlinuz': readFileSync(images.cloud),
      'boot/initrd.gz': readFileSync(images.initrdCloud),
      'etc/xen/linux': new TextEncoder().encode(linux.join('\n') + '\n'),
      'etc/xen/other': moteConfig('other', "vif = [ 'mac=00:16:3e:00:00:12' ]"),
    },
    { hostMb: memoryMb + MORE_MB, disks: [root, ...more] },
  ];
}

export async function linuxHost(images: DebianImages, sizes: LinuxSizes): Promise<Host> {
  return Host.boot(...linuxParts(images, sizes));
}

/** Its shell's prompt, behind which it asks the terminal for its size. */
const PROMPT = /\n\/ # \S*$/;

/** Waits until the domain, whose console this is, has come up: all that it has printed. */
export function awaitShell(host: Host): string {
  host.until(PROMPT);
  return host.screen;
}

let commands = 0;

/** What a command prints at the domain's console. */
export function shell(host: Host, command: string): string {
  // Marks of its own, for a console shows again what was on it. The quotes keep the echo of what is typed from being one.
  const number = String(++commands);
  host.type(`echo B''EGIN${number}; ${command}; echo E''ND${number}\r`);
  const whole = new RegExp(`\\nBEGIN${number}\\n([^]*?)\\n?END${number}\\n`);
  host.until(whole);
  return whole.exec(host.screen)![1]!;
}

/** What a command prints in the domain, which is at its prompt. */
export function inLinux(host: Host, command: string): string {
  host.type('xm console lin\r');
  host.until(/# \S*$/);
  const printed = shell(host, command);
  host.leaveConsole();
  return printed;
}
