import { readFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { debianImages } from '../../../guests/debian/fetch.ts';
import * as elfnote from '../../abi/elfnote.ts';
import { shared_info, vcpu_info } from '../../abi/shared-info.ts';
import { start_info } from '../../abi/start-info.ts';
import { buildPvDomain, type BuildInputs, type BuiltDomain } from './build.ts';
import { loadKernel } from './kernel.ts';
import { loadRamdisk } from './ramdisk.ts';
import { reportKernel, reportPlan } from './report.ts';
import { elfImage, linuxLike, VIRT_BASE, withNotes } from './testing.ts';

const PAGES = 0x800;
const SHARED_INFO_MFN = 3;

/** Machine memory of `frames` frames; a domain gets its pages from the top, downwards. */
class TestMemory {
  readonly bytes: Uint8Array;
  readonly frames: number;

  constructor(frames: number) {
    this.frames = frames;
    this.bytes = new Uint8Array(frames * 4096);
  }

  populate(pages: number): Uint32Array | undefined {
    if (pages > this.frames - 16) return undefined;
    return Uint32Array.from({ length: pages }, (_, pfn) => this.frames - 1 - pfn);
  }

  write(mfn: number, offset: number, bytes: Uint8Array): void {
    expect(offset + bytes.length).toBeLessThanOrEqual(4096);
    this.bytes.set(bytes, mfn * 4096 + offset);
  }

  frame(mfn: number): DataView {
    return new DataView(this.bytes.buffer, mfn * 4096, 4096);
  }

  /** Pseudo-physical memory of the domain, from a byte on. */
  read({ p2m }: BuiltDomain, pfn: number, length: number): Uint8Array {
    const pages = Math.ceil(length / 4096);
    const parts = Array.from({ length: pages }, (_, page) => {
      const at = p2m[pfn + page]! * 4096;
      return Buffer.from(this.bytes.subarray(at, at + 4096));
    });
    return new Uint8Array(Buffer.concat(parts).subarray(0, length));
  }
}

interface Built {
  readonly memory: TestMemory;
  readonly built: BuiltDomain;
  readonly startInfo: DataView;
}

async function build(overrides: Partial<BuildInputs> = {}): Promise<Built> {
  const memory = new TestMemory(PAGES + 100);
  const kernel = await loadKernel(elfImage(linuxLike));
  const built = buildPvDomain(memory, {
    kernel,
    ramdisk: undefined,
    memoryPages: PAGES,
    commandLine: 'console=hvc0',
    sharedInfoMfn: SHARED_INFO_MFN,
    storePort: 0,
    consolePort: 7,
    flags: 0,
    ...overrides,
  });
  return { memory, built, startInfo: memory.frame(built.p2m[built.plan.startInfo.pfn]!) };
}

describe('a built domain', () => {
  it('has the kernel at its place, zeroes behind each segment', async () => {
    const { memory, built } = await build();
    const expected = new Uint8Array(0x5000);
    for (const { paddr, data } of linuxLike.segments) expected.set(data, paddr - 0x10_0000);
    expect(memory.read(built, 0x100, 0x5000)).toEqual(expected);
  });

  it('has its p2m list', async () => {
    const { memory, built } = await build();
    const list = new BigUint64Array(memory.read(built, built.plan.p2m.pfn, PAGES * 8).buffer);
    expect(Array.from(list, Number)).toEqual(Array.from(built.p2m));
  });

  it('is told of itself in the start info page', async () => {
    const { built, startInfo } = await build({ ramdisk: await loadRamdisk(new Uint8Array(5000).fill(1)) });
    const { offset } = start_info;
    const u64 = (at: number) => Number(startInfo.getBigInt64(at, true));
    const text = (at: number) =>
      Buffer.from(startInfo.buffer, startInfo.byteOffset + at, 32)
        .toString()
        .split('\0')[0];
    const { plan, p2m } = built;
    expect(text(offset.magic)).toBe('xen-3.0-x86_64');
    expect(text(offset.cmd_line)).toBe('console=hvc0');
    expect(u64(offset.nr_pages)).toBe(PAGES);
    expect(u64(offset.shared_info)).toBe(SHARED_INFO_MFN * 4096);
    expect(startInfo.getUint32(offset.flags, true)).toBe(0x18); // virtual p2m for tools, mod_start is a pfn
    expect(u64(offset.store_mfn)).toBe(p2m[plan.xenstore.pfn]);
    expect(startInfo.getUint32(offset.store_evtchn, true)).toBe(0);
    expect(u64(offset['console.domU.mfn'])).toBe(built.consoleMfn);
    expect(startInfo.getUint32(offset['console.domU.evtchn'], true)).toBe(7);
    expect(u64(offset.pt_base)).toBe(plan.pageTables.virtStart);
    expect(u64(offset.nr_pt_frames)).toBe(plan.pageTables.pages);
    expect(u64(offset.mfn_list)).toBe(0x80_0000_0000);
    expect(u64(offset.mod_start)).toBe(plan.ramdisk!.pfn);
    expect(u64(offset.mod_len)).toBe(8192);
    expect(u64(offset.first_p2m_pfn)).toBe(plan.p2m.pfn);
    expect(u64(offset.nr_p2m_frames)).toBe(plan.p2m.pages);
  });

  it('gets no more of its command line than fits', async () => {
    const { startInfo } = await build({ commandLine: 'x'.repeat(2000) });
    expect(startInfo.getUint8(start_info.offset.cmd_line + 1022)).toBe(0x78);
    expect(startInfo.getUint8(start_info.offset.cmd_line + 1023)).toBe(0);
    expect(Number(startInfo.getBigInt64(start_info.offset.first_p2m_pfn, true))).toBeGreaterThan(0);
  });

  it('starts vcpu 0 at the entry, on the boot stack, with the start info in RSI', async () => {
    const { built } = await build();
    const { plan, vcpu } = built;
    expect(vcpu).toMatchObject({
      rip: VIRT_BASE + 0x10_0040,
      rflags: 0x200,
      cs: 0xe033,
      ss: 0xe02b,
      ds: 0,
      flags: 0x24,
    });
    expect(vcpu.rsi).toBe(plan.startInfo.virtStart);
    expect(vcpu.rsp).toBe(plan.bootStack.virtStart + 4096);
    expect(vcpu.rootMfn).toBe(built.p2m[plan.pageTables.pfn]);
  });

  it('has every vcpu of the shared info page masked', async () => {
    const { memory } = await build();
    const page = memory.frame(SHARED_INFO_MFN);
    const { offset } = vcpu_info;
    for (let vcpu = 0; vcpu < 32; vcpu++) {
      const at = shared_info.offset.vcpu_info + vcpu * vcpu_info.size;
      expect(page.getUint8(at + offset.evtchn_upcall_mask)).toBe(1);
      expect(page.getUint8(at + offset.evtchn_upcall_pending)).toBe(0);
    }
  });

  it('has a hypercall page where the kernel wants one', async () => {
    const notes = { [elfnote.XEN_ELFNOTE_HYPERCALL_PAGE]: VIRT_BASE + 0x10_3000 };
    const { memory, built } = await build({
      kernel: await loadKernel(elfImage(withNotes(linuxLike, notes))),
    });
    const page = Buffer.from(memory.read(built, 0x103, 4096));
    // push %rcx; push %r11; mov $29, %eax; syscall; pop %r11; pop %rcx; ret
    expect(page.toString('hex', 29 * 32, 29 * 32 + 14)).toBe('514153b81d0000000f05415b59c3');
    // push %rcx; push %r11; push %rax; mov $23, %eax; syscall
    expect(page.toString('hex', 23 * 32, 23 * 32 + 11)).toBe('51415350b8170000000f05');
  });

  it('is refused when the machine has not the memory', async () => {
    await expect(build({ memoryPages: PAGES * 2 })).rejects.toThrow(
      'does not fit: the machine has no 4096 free pages for the domain',
    );
  });
});

describe('a ramdisk', () => {
  const content = Uint8Array.from({ length: 9000 }, (_, at) => (at * at) % 256);

  it('is unpacked when it is gzipped, with the slack that libxc leaves', async () => {
    const ramdisk = await loadRamdisk(gzipSync(content));
    expect(ramdisk).toEqual({ bytes: content, segmentBytes: 9016 });
    const { memory, built } = await build({ ramdisk });
    expect(memory.read(built, built.plan.ramdisk!.pfn, 9000)).toEqual(content);
  });

  it.each([
    ['not gzipped', content],
    ['damaged', gzipSync(content).fill(0x55, 100, 120)],
    ['too short to be gzipped', new Uint8Array([0x1f, 0x8b, 8])],
  ])('that is %s is handed over as it is', async (_, bytes) => {
    expect(await loadRamdisk(bytes)).toEqual({ bytes, segmentBytes: bytes.length });
  });
});

const images = await debianImages();

describe.skipIf(images === undefined)("Debian's cloud kernel (LZ4)", () => {
  it('is laid out as by the real Xen', async (context) => {
    const kernel = await loadKernel(readFileSync(images!.cloud));
    expect(kernel).toMatchObject({ format: 'bzImage', compression: 'lz4' });
    context.skip(
      !kernel.version.includes('6.1.192-2 '),
      `recorded for another kernel than ${kernel.version}`,
    );
    const memory = new TestMemory(0x8000 + 100);
    const { plan } = buildPvDomain(memory, {
      kernel,
      ramdisk: await loadRamdisk(gzipSync(new Uint8Array(0x1e4600))),
      memoryPages: 0x8000,
      commandLine: 'console=hvc0 rdinit=/init',
      sharedInfoMfn: SHARED_INFO_MFN,
      storePort: 1,
      consolePort: 2,
      flags: 0,
    });
    const recorded = readFileSync(new URL('recorded.txt', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    expect([...reportKernel(kernel), ...reportPlan(plan)]).toEqual(
      recorded.filter((line) => !line.startsWith('#')),
    );
  });
});

describe.skipIf(images === undefined)("Debian's generic kernel (XZ)", () => {
  it('unpacks to a kernel made for Xen', async () => {
    const kernel = await loadKernel(readFileSync(images!.generic));
    expect(kernel).toMatchObject({ format: 'bzImage', compression: 'xz' });
    expect(kernel.notes.guestOs).toBe('linux');
    expect(kernel.addresses.virtBase).toBe(VIRT_BASE);
  });
});
