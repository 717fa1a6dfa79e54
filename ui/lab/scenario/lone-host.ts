/** A host that is alone: besides what a host can do, it is saved, gone back with, forked and hashed. */
import { dom0Images, moteImages } from '../../../guests/toolchain/mote-node.ts';
import type { Vary } from '../../../devices/chance.ts';
import { loadCore } from '../core-node.ts';
import { ALONE_MB } from '../usual-host.ts';
import { checkVary, HOST_DEFAULTS } from '../world/description.ts';
import { Field } from '../world/field.ts';
import { Lab } from '../lab.ts';
import { saveLab } from '../snapshot/file.ts';
import { stateHash } from '../state-hash.ts';
import { LabRun } from '../time/lab-run.ts';
import { Marks } from '../time/marks.ts';
import { writeRecording } from '../time/recording.ts';
import { leaveRun } from './artifacts.ts';
import { LoneDrive } from './drive.ts';
import { Host } from './host.ts';
import { Snapshot } from './snapshot.ts';

/** Bytes of a file, or its text. */
export type Content = Uint8Array | string;

export interface Disk {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly readOnly?: boolean;
}

/** What a host is made of. Nothing of it: Mote, alone, with 128 MiB. */
export interface HostOptions {
  /** A bzImage, or an ELF file with Xen's notes; Mote unless given. */
  readonly kernel?: Uint8Array;
  /** Mote's own with Mote's kernel; none with another. */
  readonly ramdisk?: Uint8Array;
  readonly commandLine?: string;
  /** The domain's memory, in MiB (domain 0 has all of its host's unless this is said), and its virtual processors. */
  readonly memoryMb?: number;
  readonly vcpus?: number;
  /** It is domain 0, privileged: with Mote, there is `xm`, and there are domains to make. */
  readonly dom0?: boolean;
  /** The memory of domain 0's host, in MiB. */
  readonly hostMb?: number;
  /** Physical processors: 1, 2, 4, 8, 16; and the scheduler: credit, sedf, bvt, atropos, rrobin. */
  readonly cpus?: number;
  readonly scheduler?: string;
  /** Xen's command line. */
  readonly xen?: string;
  /** Domain 0's /dev/vda, /dev/vdb, …; and what it has at /lab, by path. */
  readonly disks?: readonly Disk[];
  readonly files?: Readonly<Record<string, Content>>;
  /** What RDRAND draws from. */
  readonly seed?: number;
  /** What else varies, and by which seed; without it, nothing does. */
  readonly vary?: Vary;
}

/** Boots a host, stopped at its first instruction. Rejects with an Error that says what is no kernel or does not fit. */
export async function boot(options: HostOptions = {}): Promise<LoneHost> {
  const { kernel, ramdisk, dom0 = false, hostMb, files = {}, xen, commandLine = '', ...plain } = options;
  const { memoryMb, vcpus = HOST_DEFAULTS.vcpus, ...rest } = plain;
  if (plain.vary !== undefined) checkVary(new Field('vary', plain.vary));
  const images = kernel === undefined ? await (dom0 ? dom0Images() : moteImages()) : { kernel };
  const lab = await Lab.boot(loadCore(), {
    ...rest,
    ...images,
    ...(ramdisk === undefined ? {} : { ramdisk }),
    commandLine,
    ...(dom0 && memoryMb === undefined ? {} : { memoryMb: memoryMb ?? ALONE_MB }),
    vcpus,
    isDom0: dom0,
    ...(dom0 ? { hostMb: hostMb ?? HOST_DEFAULTS.hostMb } : {}),
    ...(xen === undefined ? {} : { xenCommandLine: xen }),
    files: new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)])),
  });
  return new LoneHost(lab);
}

function bytesOf(content: Content): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

export class LoneHost extends Host {
  /** @internal */
  constructor(lab: Lab) {
    super('host', lab, new LoneDrive(lab));
  }

  /** The host as it is now, in memory: to go back to, as often as wanted. */
  save(): Snapshot {
    return new Snapshot(this.ns, this.lab.save(), [this.console.text]);
  }

  /** Goes back to where the host, or one that was forked from it, was saved. */
  restore(snapshot: Snapshot): void {
    this.lab.goTo(snapshot.saved);
    this.isRepeatable = false;
    this.console.printedBefore(snapshot.printedBefore[0]!);
  }

  /** Another host that is as this one is, and goes on by itself. */
  fork(): LoneHost {
    const { saved, printedBefore } = this.save();
    const other = new LoneHost(Lab.restore(loadCore(), this.lab.request, saved));
    other.console.printedBefore(printedBefore[0]!);
    other.isRepeatable = false;
    return other;
  }

  /**
   * @internal Another host that is as this one was there, and varies from then on. This one was made to vary at some time, and had
   * not begun to.
   */
  varied({ saved, printedBefore, ns }: Snapshot, vary: Vary): LoneHost {
    const { past, request } = this.lab;
    const lab = Lab.restore(loadCore(), { ...request, vary: { ...vary, afterNs: ns + 1 } }, saved);
    lab.past.inputs.hasHad(past.inputs);
    const other = new LoneHost(lab);
    other.console.printedBefore(printedBefore[0]!);
    return other;
  }

  /** SHA-256 of the whole state, in hexadecimal: what `xenoscope boot --hash` prints. */
  hash(): Promise<string> {
    return stateHash(this.lab.hypervisor);
  }

  /** The host as it is now, as a snapshot file's bytes. Images are named by hash in it and not stored. */
  file(): Promise<Uint8Array<ArrayBuffer>> {
    return saveLab(this.lab, loadCore());
  }

  /** The network of domain 0's card loses so great a share of its frames from now on, drawn from a seed: 0 to 1. */
  loseFrames(share: number): void {
    this.inject({ kind: 'lose frames', share });
  }

  /** The network loses so many of the next frames. */
  dropFrames(count: number): void {
    this.inject({ kind: 'drop frames', count });
  }

  /** Each frame takes so many more seconds of guest time from now on; 0: none any more. */
  delayFrames(seconds: number): void {
    this.inject({ kind: 'delay frames', ns: Math.round(seconds * 1e9) });
  }

  /**
   * As a host's, and the paths of the files that it leaves (`XENOSCOPE_FAILURES` names their folder): a snapshot, and, of a host
   * that is no fork and was not gone back with, a recording.
   */
  override async report(headline: string): Promise<string> {
    const told = await super.report(headline);
    if (this.isQuiet) return told;
    const run = { snapshot: () => this.file(), recording: this.isRepeatable ? () => this.recording() : null };
    const left = await leaveRun(`${headline.slice(0, 40)}-${String(this.instructions)}`, run);
    return [told, ...left].join('\n');
  }

  /** @internal Of its run from its boot on, if that is known: a file's bytes. */
  async recording(): Promise<Uint8Array<ArrayBuffer>> {
    const marks = new Marks(new LabRun(this.lab));
    await marks.end();
    return writeRecording(this.lab, loadCore(), marks.made);
  }
}
