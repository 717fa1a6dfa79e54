/** What a host is given whose domain 0 is a whole Debian (guests/debian/dom0-whole.ts). */
import { basename, dirname } from 'node:path';
import type { WholeDom0 } from '../../guests/debian/dom0-whole.ts';
import type { MoteImages } from '../../guests/toolchain/mote.ts';
import type { DomainRequest } from '../lab/host.ts';
import { openDisks, readImage } from './host-files.ts';

/** Of the disks beside its own, vdb, vdc and vdd, on which nothing is: for what is made of disks. */
const EMPTY_MB = 64;
const EMPTY = ['empty-b', 'empty-c', 'empty-d'];
const MEBIBYTE = 2 ** 20;

/** Where its root and its console are. */
export const WHOLE_COMMAND_LINE = 'console=hvc0 root=/dev/vda';

/** `wanted`: the disks that it has instead of the empty ones, as openDisks takes them. */
export async function wholeDom0Request(
  dom0: WholeDom0,
  mote: MoteImages,
  wanted: readonly string[] = [],
): Promise<Required<Pick<DomainRequest, 'kernel' | 'ramdisk' | 'disks' | 'files'>>> {
  const [root] = await openDisks([dom0.disk]);
  const empty = EMPTY.map((name) => ({ name, bytes: new Uint8Array(EMPTY_MB * MEBIBYTE) }));
  return {
    kernel: readImage(dom0.kernel),
    ramdisk: readImage(dom0.ramdisk),
    // The folder is named by all that it was made of: so is the disk, whose bytes are read when they are wanted.
    disks: [
      { ...root!, name: basename(dirname(dom0.disk)) },
      ...(wanted.length > 0 ? await openDisks(wanted) : empty),
    ],
    files: new Map([
      ['mote/mote.elf', mote.kernel],
      ['mote/mote.cpio', mote.ramdisk],
    ]),
  };
}
