import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { low48 } from './addresses.ts';
import { bootPageTables } from './boot-page-tables.ts';
import { ImageError } from './image-error.ts';
import type { KernelAddresses } from './kernel.ts';
import { isBootPageTable, type Plan, planDomain } from './plan.ts';
import { reportPlan } from './report.ts';

const VIRT_BASE = -0x8000_0000;

/** Debian's 6.1 cloud kernel, as its notes and segments have it. */
const cloud: KernelAddresses = {
  virtBase: VIRT_BASE,
  paddrOffset: 0,
  paddrStart: 0x100_0000,
  virtStart: VIRT_BASE + 0x100_0000,
  virtEnd: VIRT_BASE + 0x3e0_0000,
  entry: VIRT_BASE + 0x304_e1c0,
  p2mBase: 0x80_0000_0000,
  hypercallPage: undefined,
  takesUnmappedRamdisk: true,
};

const recorded = readFileSync(new URL('recorded.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

/** The page tables of a plan, walked as a processor does: the entry's low half and frame, or undefined. */
function walker(
  plan: Plan,
  mfnOf: (pfn: number) => number,
): (va: number) => { mfn: number; flags: number } | undefined {
  const p2m = Array.from({ length: plan.memoryPages }, (_, pfn) => mfnOf(pfn));
  const frames = new Map<number, BigUint64Array>();
  for (const { pfn, bytes } of bootPageTables(plan.mappings, p2m)) {
    expect(frames.has(p2m[pfn]!)).toBe(false);
    frames.set(p2m[pfn]!, new BigUint64Array(bytes.slice().buffer));
  }
  return (va) => {
    let mfn = p2m[plan.pageTables.pfn]!;
    let flags = 0;
    for (const shift of [39, 30, 21, 12]) {
      const entry = frames.get(mfn)![Math.floor(low48(va) / 2 ** shift) % 512]!;
      if ((entry & 1n) === 0n) return undefined;
      if (shift > 12) expect(Number(entry & 0xfffn)).toBe(0x67);
      flags = Number(entry & 0xfffn);
      mfn = Number(entry >> 12n);
    }
    return { mfn, flags };
  };
}

const scattered = (pfn: number) => 0x40000 + ((pfn * 7919) % 0x10000);

describe('the plan for a recorded kernel', () => {
  it('is the one that Xen made', () => {
    const plan = planDomain(cloud, 0x8000, 0x1e4610);
    expect(reportPlan(plan)).toEqual(recorded.filter((line) => /^(count_pgtables|xc_dom_)/.test(line)));
  });

  it('has the p2m list, its tables and nothing else at its own place', () => {
    const plan = planDomain(cloud, 0x8000, 0x1e4610);
    expect(plan.p2m).toMatchObject({
      virtStart: 0x80_0000_0000,
      virtEnd: 0x80_0004_3000,
      pfn: 0x41e5,
      pages: 0x43,
    });
  });
});

describe('variations', () => {
  it('maps a ramdisk right behind the kernel when the kernel wants it so', () => {
    const plan = planDomain({ ...cloud, takesUnmappedRamdisk: false }, 0x8000, 5000);
    expect(plan.ramdiskIsUnmapped).toBe(false);
    expect(plan.ramdisk).toMatchObject({ pfn: 0x3e00, pages: 2, virtEnd: cloud.virtEnd + 5000 });
    expect(plan.startInfo.pfn).toBe(0x3e02);
  });

  it('maps the p2m list before the start info when it has no place of its own', () => {
    const plan = planDomain({ ...cloud, p2mBase: undefined }, 0x8000, undefined);
    expect(plan.p2mHasOwnMapping).toBe(false);
    expect(plan.p2m).toMatchObject({ virtStart: cloud.virtEnd, pfn: 0x3e00, pages: 0x40 });
    expect(plan.startInfo.pfn).toBe(0x3e40);
    expect(plan.mappings).toHaveLength(1);
  });

  it('extends the mapping when what is in it ends close to its boundary', () => {
    const virtEnd = VIRT_BASE + 0x3fc_0000;
    expect(planDomain({ ...cloud, virtEnd }, 0x8000, undefined).mappings[0]!.levels[0]!.tables).toBe(34);
  });
});

describe('a domain too small', () => {
  it.each([
    [0xfff, 'does not fit: the space below the kernel needs 4096 pages from pfn 0x0 on, the domain has 4095'],
    [0x3dff, 'does not fit: the kernel needs 11776 pages from pfn 0x1000 on, the domain has 15871'],
    [0x3fff, 'does not fit: the initial mapping needs 16384 pages, the domain has 16383'],
    [0x4100, 'does not fit: the ramdisk needs 485 pages from pfn 0x4000 on, the domain has 16640'],
    [0x41f0, 'does not fit: the p2m list needs 36 pages from pfn 0x41e5 on, the domain has 16880'],
  ])('of %i pages is refused', (pages, message) => {
    expect(() => planDomain(cloud, pages, 0x1e4610)).toThrow(message);
    expect(() => planDomain(cloud, pages, 0x1e4610)).toThrow(ImageError);
  });

  it('is refused where the mapping would pass the end of the address space', () => {
    const top = {
      ...cloud,
      virtBase: -0x200_0000,
      virtStart: -0x100_0000,
      virtEnd: -0x1000,
      entry: -0x100_0000,
    };
    expect(() => planDomain(top, 0x8000, undefined)).toThrow('passes the end of the address space');
  });
});

describe('the boot page tables', () => {
  const plan = planDomain(cloud, 0x8000, 0x1e4610);
  const walk = walker(plan, scattered);

  it('map pfn 0 on from the virtual base, the tables read-only, nothing for the kernel alone', () => {
    for (let pfn = 0; pfn < 0x4000; pfn++) {
      const isTable = pfn >= 0x3e03 && pfn < 0x3e26;
      expect(walk(VIRT_BASE + pfn * 4096)).toEqual({ mfn: scattered(pfn), flags: isTable ? 0x21 : 0x23 });
    }
    expect(walk(VIRT_BASE + 0x400_0000)).toBeUndefined();
    expect(walk(VIRT_BASE - 4096)).toBeUndefined();
  });

  it('map the p2m list, without its own tables, at its place', () => {
    for (let page = 0; page < 0x40; page++)
      expect(walk(0x80_0000_0000 + page * 4096)).toEqual({ mfn: scattered(0x41e5 + page), flags: 0x23 });
    expect(walk(0x80_0004_0000)).toBeUndefined();
  });
});

describe('whatever the kernel and the memory', () => {
  const cases = fc.record({
    startPages: fc.integer({ min: 0, max: 2000 }),
    kernelPages: fc.integer({ min: 1, max: 3000 }),
    memoryPages: fc.integer({ min: 1, max: 9000 }),
    ramdiskBytes: fc.option(fc.integer({ min: 1, max: 4_000_000 }), { nil: undefined }),
    p2mBase: fc.constantFrom(undefined, 0x80_0000_0000, -0x8000_0000 - 0x4000_0000, 0x1000),
    virtBase: fc.constantFrom(-0x8000_0000, -0x7800_0000_0000, 0x4000_0000),
    takesUnmappedRamdisk: fc.boolean(),
  });

  it('segments follow one another, and all that must be mapped is', () => {
    fc.assert(
      fc.property(cases, ({ startPages, kernelPages, memoryPages, ramdiskBytes, virtBase, ...rest }) => {
        const virtStart = virtBase + startPages * 4096;
        const addresses = { virtBase, virtStart, virtEnd: virtStart + kernelPages * 4096, entry: virtStart };
        let plan: Plan;
        try {
          plan = planDomain({ ...cloud, ...rest, ...addresses }, memoryPages, ramdiskBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          return;
        }
        const walk = walker(plan, (pfn) => pfn + 1);
        const segments = plan.steps.flatMap((step) => ('segment' in step ? [step.segment] : []));
        for (const [index, { pfn, pages }] of segments.entries()) {
          expect(pfn + pages).toBeLessThanOrEqual(segments[index + 1]?.pfn ?? memoryPages);
        }
        const { kernel, startInfo, console, bootStack, pageTables, p2m } = plan;
        for (const { virtStart: va, pfn } of [kernel, startInfo, console, bootStack, pageTables, p2m])
          expect(walk(va)?.mfn).toBe(pfn + 1);
        for (let page = 0; page < pageTables.pages; page++) {
          expect(isBootPageTable(plan.mappings, pageTables.pfn + page)).toBe(true);
          expect(walk(pageTables.virtStart + page * 4096)!.flags).toBe(0x21);
        }
      }),
      { numRuns: 150, seed: 417 },
    );
  });
});
