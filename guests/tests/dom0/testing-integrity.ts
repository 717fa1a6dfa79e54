/**
 * Data on its way through the backends: what is given to a domain on one disk, what it has written to a file of its own disk,
 * and what it reads back after it has mounted that disk anew, each as its SHA-256; and a file sent from one domain to another.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtioBlock } from '../../../devices/virtio/block.ts';
import { inspect, makeImage } from '../ext2.ts';
import type { RunsTool } from '../ext2.ts';
import { Host } from './testing.ts';
import { moteConfig } from './testing-counts.ts';

const MIB = 1 << 20;
const SECTOR = 512;
/** What a file system needs besides the file. */
const SPARE_MIB = 8;

/** Bytes that nothing compresses or repeats, the same ones each time (xorshift32). */
export function noise(mib: number): Uint8Array {
  const words = new Uint32Array((mib * MIB) / 4);
  let state = 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is on a disk of the host now, seen from outside. */
export function diskBytes(host: Host, index: number): Uint8Array {
  const disks = host.lab.hypervisor.platform.devices.filter((device) => device instanceof VirtioBlock);
  const { disk } = disks[index]!;
  const bytes = new Uint8Array(disk.sectors * SECTOR);
  disk.read(0, bytes);
  return bytes;
}

/** A file of an ext2 image. */
export function fileOf(image: Uint8Array, path: string): Uint8Array {
  return inspect(image, (run) => fileIn(run, path));
}

/** The same, among other things that are looked at. */
export function fileIn(run: RunsTool, path: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));
  try {
    const out = join(folder, 'file');
    run('debugfs', (file) => ['-R', `dump ${path} ${out}`, file]);
    return new Uint8Array(readFileSync(out));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface Trip {
  readonly given: string;
  readonly written: string;
  readonly readBack: string;
  readonly host: Host;
}

/** By way of disks of the host (`phy:`), with an ext2 file system on the one that is written. */
export async function physicalTrip(mib: number): Promise<Trip> {
  const data = noise(mib);
  const image = makeImage((mib + SPARE_MIB) * 1024, '-b', '4096');
  const disks = "disk = [ 'phy:vda,xvda,r', 'phy:vdb,xvdb,w', 'phy:vdc,xvdc,w' ]";
  const host = await Host.boot(
    { 'etc/xen/one': moteConfig('one', disks) },
    {
      disks: [
        { name: 'given', bytes: data },
        { name: 'image', bytes: image },
        { name: 'back', bytes: new Uint8Array(data.length) },
      ],
    },
  );
  host.run('xm create one');
  host.inside('one', 'mount /dev/xvdb /mnt; dd if=/dev/xvda of=/mnt/file bs=65536; umount /mnt');
  host.inside('one', 'mount /dev/xvdb /mnt; dd if=/mnt/file of=/dev/xvdc bs=65536; umount /mnt');
  host.run('xm destroy one');
  const written = fileOf(diskBytes(host, 1), 'file');
  return { given: sha256(data), written: sha256(written), readBack: sha256(diskBytes(host, 2)), host };
}

/** By way of a file in domain 0's memory (`file:`), without a file system. */
export async function fileTrip(mib: number): Promise<Trip> {
  const data = noise(mib);
  const disks = "disk = [ 'phy:vda,xvda,r', 'file:/tmp/image,xvdb,w', 'phy:vdc,xvdc,w' ]";
  const host = await Host.boot(
    { 'etc/xen/one': moteConfig('one', disks) },
    {
      memoryMb: mib + 64,
      hostMb: mib + 192,
      disks: [
        { name: 'given', bytes: data },
        { name: 'empty', bytes: new Uint8Array(data.length) },
        { name: 'back', bytes: new Uint8Array(data.length) },
        { name: 'seen', bytes: new Uint8Array(data.length) },
      ],
    },
  );
  host.run('dd if=/dev/vdb of=/tmp/image bs=65536');
  host.run('xm create one');
  host.inside('one', 'dd if=/dev/xvda of=/dev/xvdb bs=65536');
  host.inside('one', 'dd if=/dev/xvdb of=/dev/xvdc bs=65536');
  host.run('xm destroy one');
  host.run('dd if=/tmp/image of=/dev/vdd bs=65536');
  return {
    given: sha256(data),
    written: sha256(diskBytes(host, 3)),
    readBack: sha256(diskBytes(host, 2)),
    host,
  };
}

export interface Transfer {
  readonly sent: string;
  readonly received: string;
  /** Frames that the bridge has lost. */
  readonly lost: number;
  readonly guestSeconds: number;
  readonly host: Host;
}

/** A file from one domain's disk to another's, by HTTP over the bridge, which loses frames. */
export async function transfer(mib: number, lossPerMille: number, seed: number): Promise<Transfer> {
  const data = noise(mib);
  const image = makeImage((mib + SPARE_MIB) * 1024, '-b', '4096');
  const host = await Host.boot(
    {
      'etc/xen/server': moteConfig('server', "disk = [ 'phy:vda,xvda,w', 'phy:vdb,xvdb,r' ]", "vif = [ '' ]"),
      'etc/xen/client': moteConfig('client', "disk = [ 'phy:vdc,xvda,w' ]", "vif = [ '' ]"),
    },
    {
      disks: [
        { name: 'image', bytes: image },
        { name: 'given', bytes: data },
        { name: 'got', bytes: new Uint8Array(data.length) },
      ],
    },
  );
  host.run('xm create server; xm create client');
  host.inside('server', 'mount /dev/xvda /mnt; dd if=/dev/xvdb of=/mnt/file bs=65536');
  host.inside('server', 'ifconfig eth0 10.0.0.11 netmask 255.255.255.0; httpd /mnt &');
  host.inside('client', 'ifconfig eth0 10.0.0.12 netmask 255.255.255.0');
  host.run(`brctl setloss xenbr0 ${String(lossPerMille)} ${String(seed)}`);
  const from = host.lab.ns;
  host.inside('client', 'wget -O /dev/xvda http://10.0.0.11/file');
  const guestSeconds = (host.lab.ns - from) / 1e9;
  const lost = Number(/ lost (\d+)/.exec(host.run('cat /proc/net/bridge'))![1]);
  host.run('xm destroy server; xm destroy client');
  return { sent: sha256(data), received: sha256(diskBytes(host, 2)), lost, guestSeconds, host };
}
