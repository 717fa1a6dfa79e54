/**
 * A host whose domain 0 is a whole Debian (guests/debian/dom0-whole.ts), where root has logged in: it boots once on a machine, and
 * every lab begins with a copy.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WHOLE_COMMAND_LINE, wholeDom0Request } from '../whole-dom0.ts';
import { loadCore } from '../../lab/core-node.ts';
import type { DomainRequest } from '../../lab/host.ts';
import { digestOfCode, keptHost } from '../../lab/kept-host-testing.ts';
import type { Lab } from '../../lab/lab.ts';
import { LoneHost } from '../../lab/scenario/lone-host.ts';
import { machineCache } from '../../../scripts/machine-cache.ts';
import { wholeDom0 } from '../../../guests/debian/dom0-whole.ts';
import type { WholeDom0 } from '../../../guests/debian/dom0-whole.ts';
import { debianImages } from '../../../guests/debian/fetch.ts';
import type { DebianImages } from '../../../guests/debian/fetch.ts';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';

const HOST_MB = 1024;
/** What domain 0 keeps, so that domains need not wait until it has given something back. */
const DOM0_MB = 640;
const SOURCE = fileURLToPath(new URL('host.ts', import.meta.url));

/** What the labs need of the distribution. */
export interface LabImages {
  readonly dom0: WholeDom0;
  readonly kernels: DebianImages;
}

/** Undefined, the reason said on stderr, where there is no way to have them. */
export async function labImages(): Promise<LabImages | undefined> {
  const [dom0, kernels] = [await wholeDom0(), await debianImages()];
  return dom0 === undefined || kernels === undefined ? undefined : { dom0, kernels };
}

/** Besides, at /lab/cloud: Debian's cloud kernel, with an initramfs that goes on in a root on a disk. */
function cloudFiles({ cloud, initrdCloud, busybox }: DebianImages): [string, Uint8Array][] {
  return [
    ['cloud/vmlinuz', readFileSync(cloud)],
    ['cloud/initrd.gz', readFileSync(initrdCloud)],
    ['cloud/busybox', readFileSync(busybox)],
  ];
}

async function requestOf({ dom0, kernels }: LabImages): Promise<DomainRequest> {
  const { files, ...rest } = await wholeDom0Request(dom0, await moteImages());
  return {
    ...rest,
    files: new Map([...files, ...cloudFiles(kernels)]),
    commandLine: `${WHOLE_COMMAND_LINE} quiet`,
    vcpus: 1,
    isDom0: true,
    hostMb: HOST_MB,
    memoryMb: DOM0_MB,
  };
}

/**
 * Typed there: from then on the kernel says on the console only what is wrong, nothing waits for a key, and what is still being
 * started is.
 */
const READY = [
  'export TERM=dumb PAGER=cat; dmesg --console-level err; stty columns 200',
  'systemctl is-system-running --wait',
];

/** Lets it boot, and root log in; all that the console has printed. */
async function logIn(lab: Lab): Promise<string> {
  const host = new LoneHost(lab);
  host.isQuiet = true;
  await host.console.expect('dom0 login: ', { withinSeconds: 120 });
  for (const line of ['root', ...READY]) {
    host.console.enter(line);
    await host.console.expect(/root@dom0:~# $/, { withinSeconds: 120 });
  }
  return host.console.text;
}

/** A host of one's own, where root has logged in. */
export async function wholeHost(
  images: LabImages,
  folder = machineCache('hosts'),
  code = digestOfCode([SOURCE]),
): Promise<LoneHost> {
  const { lab, told } = await keptHost(loadCore(), await requestOf(images), {
    name: 'whole',
    decided: code,
    bring: logIn,
    folder,
  });
  const host = new LoneHost(lab);
  host.isQuiet = true;
  host.console.printedBefore(told);
  return host;
}
