/** Pages that come later: whoever reaches for what is in one waits, and goes on as if it had always been here. */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { RAX, RDI, RSP } from '../../../core/wasm/layout.ts';
import { XEN_DOMCTL_INTERFACE_VERSION } from '../../abi/control.ts';
import * as abi from '../../abi/pv-paging.ts';
import { xen_domctl } from '../../abi/domctl.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT, EPERM } from '../../abi/errno.ts';
import * as grant from '../../abi/grant-table.ts';
import { DOMID_SELF } from '../../abi/xen.ts';
import { copyFromGuest, copyToGuest } from '../../memory/guest-access.ts';
import { writeByte, writeWords } from '../../memory/guest-frames.ts';
import { GuestStruct } from '../../memory/guest-struct.ts';
import { PGT_L1_PAGE_TABLE } from '../../memory/frame-table.ts';
import { getPageAndType } from '../../memory/page-types.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { ARGUMENTS, L1_PFN, TABLE_FLAGS, TestDomain, testHost, TEST_BASE } from '../../memory/testing.ts';
import { growTable } from '../../grants/grant-table.ts';
import { put } from '../../grants/testing.ts';
import { ECS_FREE } from '../../state/event-channels.ts';
import { setPortPending } from '../../events/send.ts';
import { eventOp } from '../../events/testing.ts';
import { EVTCHNOP_alloc_unbound } from '../../abi/event-channel.ts';
import { address, asUser, CODE, DATA, load, STACK, start } from '../../testing-guest.ts';
import { domctl } from '../domctl.ts';
import { grantTableOp } from '../grant-table-op.ts';
import { mmuUpdate } from '../mmu-update.ts';

const PAGES = 32;
const DATA_PFN = (DATA - TEST_BASE) / PAGE_BYTES;
const STACK_PFN = (STACK - PAGE_BYTES - TEST_BASE) / PAGE_BYTES;
/** Of the pager: frame numbers, and a page. */
const LIST = TEST_BASE + 6 * PAGE_BYTES;
const BUFFER = TEST_BASE + 20 * PAGE_BYTES;

/** A guest whose code is `source`, and its pager, domain 0. */
function made(source: string, vcpus = 1) {
  const hypervisor = testHost(1024);
  const pager = new TestDomain(hypervisor, 0, PAGES, 1, true);
  const setup = load(source, vcpus, hypervisor);
  return { ...setup, hypervisor, pager, port: openPort(pager) };
}

function openPort(pager: TestDomain): number {
  return eventOp(pager, EVTCHNOP_alloc_unbound, DOMID_SELF * 0x1_0000 + DOMID_SELF).words[1]!;
}

type Made = ReturnType<typeof made>;

/** Makes an operation of the pager's: its result, and what came back. */
function ask(
  { pager }: Made,
  op: number,
  fields: Readonly<Record<string, number>> = {},
): { result: number; op: GuestStruct<typeof abi.xen_domctl_pv_paging_op.fields> } {
  const bytes = new Uint8Array(xen_domctl.size);
  const head = new GuestStruct(xen_domctl, 0, bytes);
  head.set('cmd', abi.XEN_DOMCTL_pv_paging_op);
  head.set('interface_version', XEN_DOMCTL_INTERFACE_VERSION);
  head.set('domain', fields['domain'] ?? 1);
  const struct = new GuestStruct(abi.xen_domctl_pv_paging_op, 0, bytes, xen_domctl.offset.u);
  struct.set('op', op);
  struct.set('port', fields['port'] ?? 0);
  struct.set('num', fields['num'] ?? 0);
  struct.set('frames', LIST);
  struct.set('buffer', BUFFER);
  copyToGuest(pager.hypervisor.frames, pager.vcpu, ARGUMENTS, bytes);
  const result = pager.call(domctl, ARGUMENTS);
  copyFromGuest(pager.hypervisor.frames, pager.vcpu, ARGUMENTS, bytes);
  return { result, op: struct };
}

/** What is in these pages of the guest's is away: what was in them. */
function evict(each: Made, ...pfns: number[]): Uint8Array[] {
  const { guest, pager, port, hypervisor } = each;
  const contents = pfns.map((pfn) => {
    const at = guest.mfns[pfn]! * PAGE_BYTES;
    const content = hypervisor.machine.bytes.slice(at, at + PAGE_BYTES);
    hypervisor.frames.clear(guest.mfns[pfn]!);
    return content;
  });
  if (guest.domain.paged === null)
    expect(ask(each, abi.XEN_DOMCTL_PV_PAGING_ENABLE, { port }).result).toBe(0);
  pager.poke(LIST, ...pfns.map((pfn) => guest.mfns[pfn]!));
  expect(ask(each, abi.XEN_DOMCTL_PV_PAGING_EVICT, { num: pfns.length }).result).toBe(0);
  expect(guest.check()).toEqual([]);
  return contents;
}

/** What somebody waits for, by pfn. */
function asked(each: Made): number[] {
  const { op } = ask(each, abi.XEN_DOMCTL_PV_PAGING_POPULATE, { num: 8 });
  return Array.from({ length: op.get('num') }, (_, index) =>
    each.guest.mfns.indexOf(Number(each.pager.peek(LIST + index * 8))),
  );
}

function bring(each: Made, pfn: number, content: Uint8Array): number {
  const { pager, guest } = each;
  pager.poke(LIST, guest.mfns[pfn]!);
  copyToGuest(pager.hypervisor.frames, pager.vcpu, BUFFER, content);
  const { result, op } = ask(each, abi.XEN_DOMCTL_PV_PAGING_PREP, { num: 1 });
  expect(result).toBe(0);
  return op.get('left');
}

/** Runs until nothing goes on, or the guest has ended. */
function run(each: Made, ticks = 100_000): string {
  const { hypervisor } = each;
  return hypervisor.run(hypervisor.ticks() + ticks, true).kind;
}

/** Brings what is asked for until the guest has ended: the pages, in their order. */
function serve(each: Made, contents: ReadonlyMap<number, Uint8Array>): number[] {
  const brought: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    if (run(each) === 'shutdown') return brought;
    for (const pfn of asked(each)) {
      brought.push(pfn);
      bring(each, pfn, contents.get(pfn)!);
    }
  }
  throw new Error(`it does not end: ${String(brought)}`);
}

describe('the processor', () => {
  const SOURCE = `
  mov rbx, ${String(DATA)}
  mov rax, [rbx]
  inc rax
  mov [rbx + 8], rax
  ud2`;

  it('stops at what is not here, and goes on when it has come', () => {
    const each = made(SOURCE);
    const { guest, hypervisor, pager } = each;
    guest.poke(DATA, 41);
    const [content] = evict(each, DATA_PFN);
    start(each, guest.vcpu);
    expect(run(each)).toBe('idle');
    expect([guest.vcpu.awaitedMfn, hypervisor.processor.rip]).toEqual([guest.mfns[DATA_PFN], CODE + 7]);
    const channel = pager.domain.events.at(each.port)!;
    expect(hypervisor.machine.words[(pager.domain.sharedInfoMfn * PAGE_BYTES + 0x800) / 4]).toBe(
      1 << channel.port,
    );
    expect(asked(each)).toEqual([DATA_PFN]);
    expect(asked(each)).toEqual([]);
    expect(bring(each, DATA_PFN, content!)).toBe(0);
    expect(run(each)).toBe('shutdown');
    expect(guest.peek(DATA + 8)).toBe(42n);
    expect(guest.check()).toEqual([]);
  });

  it('tells two vcpus that wait for one page, and asks once', () => {
    const each = made(`${SOURCE}\nother:\n mov rbx, ${String(DATA)}\n mov rax, [rbx]\n jmp other`, 2);
    const [content] = evict(each, DATA_PFN);
    start(each, each.guest.vcpu);
    start(each, each.guest.domain.vcpus[1]!, 'other');
    for (const vcpu of each.guest.domain.vcpus) vcpu.down = false;
    run(each);
    expect(asked(each)).toEqual([DATA_PFN]);
    bring(each, DATA_PFN, content!);
    expect(each.guest.domain.vcpus.map((vcpu) => vcpu.awaitedMfn)).toEqual([-1, -1]);
    expect(run(each)).toBe('shutdown');
  });

  it('is not told of what the guest has given away meanwhile, and does not get it', () => {
    const each = made(SOURCE);
    const { guest, hypervisor } = each;
    const { frames } = hypervisor;
    const [content] = evict(each, DATA_PFN, DATA_PFN + 1);
    const mfn = guest.mfns[DATA_PFN + 1]!;
    guest.call(mmuUpdate, 0, 0, 0, DOMID_SELF);
    guest.poke(ARGUMENTS, guest.entryAddress(L1_PFN, DATA_PFN + 1), 0);
    expect(guest.call(mmuUpdate, ARGUMENTS, 1, 0, DOMID_SELF)).toBe(0);
    expect(frames.dropAllocation(mfn, 1)).toBe(true);
    expect([frames.isFree(mfn), guest.domain.paged!.count]).toEqual([true, 1]);
    expect(bring(each, DATA_PFN + 1, content!)).toBe(1);
    expect(guest.check()).toEqual([]);
  });
});

describe('a hypercall is made again, and what it has done is done once', () => {
  const call = (number: number, rdi: string, rsi: string, rdx = '0'): string => `
  mov rdi, ${rdi}
  mov rsi, ${rsi}
  mov rdx, ${rdx}
  mov r10, 0x7ff0
  mov rax, ${String(number)}
  syscall`;

  it('one with its structure in such a page', () => {
    const each = made(`${call(32, '6', String(DATA))}\n ud2`);
    const { guest } = each;
    guest.poke(DATA, DOMID_SELF * 0x1_0000 + DOMID_SELF);
    const contents = evict(each, DATA_PFN);
    start(each, guest.vcpu);
    expect(serve(each, new Map([[DATA_PFN, contents[0]!]]))).toEqual([DATA_PFN]);
    expect(each.hypervisor.processor.get(RAX)).toBe(0);
    const open = guest.domain.events.ports.filter((port) => port !== null && port.state !== ECS_FREE);
    expect(open).toHaveLength(1);
    expect(Number(guest.peek(DATA) >> 32n)).toBe(open[0]!.port);
  });

  it('a batch goes on where it was: what came before is not done twice', () => {
    const LAST = DATA + PAGE_BYTES - 16;
    const each = made(`${call(1, String(LAST), '3')}\n ud2`);
    const { guest } = each;
    const [low, target] = [guest.entryAddress(20, 0), guest.mfns[20]! * PAGE_BYTES];
    guest.poke(LAST, low, 1);
    guest.poke(DATA + PAGE_BYTES, low + 8, 2);
    guest.poke(DATA + PAGE_BYTES + 16, low + 16, 3);
    const contents = evict(each, DATA_PFN + 1);
    start(each, guest.vcpu);
    expect(run(each)).toBe('idle');
    const { words } = each.hypervisor.machine;
    expect([words[target / 4], words[target / 4 + 2]]).toEqual([1, 0]);
    // Somebody else changes what the first request has done.
    writeGuest(each, 20, 99);
    expect(asked(each)).toEqual([DATA_PFN + 1]);
    bring(each, DATA_PFN + 1, contents[0]!);
    expect(run(each)).toBe('shutdown');
    expect(each.hypervisor.processor.get(RAX)).toBe(0);
    expect([0, 2, 4].map((at) => words[target / 4 + at])).toEqual([99, 2, 3]);
    expect(each.hypervisor.processor.get(RDI)).toBe(DATA + PAGE_BYTES);
  });

  it('a multicall goes on with the entry that waits', () => {
    // Twice set_segment_base of a selector, which is 0; and an event_channel_op, whose structure is away.
    const each = made(`${call(13, String(DATA), '2')}\n ud2`);
    const { guest } = each;
    const entry = (at: number, ...words: number[]): void => {
      guest.poke(at, ...words, ...new Array<number>(8 - words.length).fill(0));
    };
    entry(DATA, 17, 7, 0, 0);
    entry(DATA + 64, 32, 7, 6, DATA + PAGE_BYTES);
    guest.poke(DATA + PAGE_BYTES, DOMID_SELF * 0x1_0000 + DOMID_SELF);
    const contents = evict(each, DATA_PFN + 1);
    start(each, guest.vcpu);
    expect(run(each)).toBe('idle');
    // The entry that waits has no result yet.
    expect([guest.peek(DATA + 8), guest.peek(DATA + 72)]).toEqual([0x4_0011n, 7n]);
    expect(asked(each)).toEqual([DATA_PFN + 1]);
    bring(each, DATA_PFN + 1, contents[0]!);
    expect(run(each)).toBe('shutdown');
    expect([guest.peek(DATA + 72), each.hypervisor.processor.get(RAX)]).toEqual([0n, 0]);
  });
});

describe("a kernel's stack that is not here", () => {
  const SOURCE = `
  std
  syscall
back:
  ud2
handler:
  ud2`;

  it('is waited for by who enters the kernel, in its user', () => {
    const each = made(SOURCE);
    const { guest, hypervisor } = each;
    const contents = evict(each, STACK_PFN);
    start(each, guest.vcpu);
    asUser(each);
    guest.vcpu.syscallCallback = address(each.labels, 'handler');
    expect(run(each)).toBe('idle');
    expect([guest.vcpu.guestKernelMode, guest.vcpu.heldBounce !== null]).toEqual([false, true]);
    expect(serve(each, new Map([[STACK_PFN, contents[0]!]]))).toEqual([STACK_PFN]);
    const { processor } = hypervisor;
    expect([processor.rip, processor.get(RSP)]).toEqual([address(each.labels, 'handler'), STACK - 56]);
    expect(processor.flags & 0x400).toBe(0);
    // The frame has RIP behind the call, and the flags of then.
    expect(guest.peek(STACK - 40)).toBe(BigInt.asUintN(64, BigInt(address(each.labels, 'back'))));
    expect(guest.peek(STACK - 24) & 0x400n).toBe(0x400n);
    expect([guest.vcpu.guestKernelMode, guest.vcpu.heldBounce]).toEqual([true, null]);
  });

  it('an event comes when it is here', () => {
    const each = made(`forever:\n jmp forever\nhandler:\n ud2`);
    const { guest, hypervisor } = each;
    const contents = evict(each, STACK_PFN);
    start(each, guest.vcpu);
    guest.vcpu.eventCallback = address(each.labels, 'handler');
    writeByte(hypervisor.frames, guest.vcpu.info + 1, 0);
    expect(run(each, 1000)).toBe('budget');
    const { words } = eventOp(guest, EVTCHNOP_alloc_unbound, DOMID_SELF * 0x1_0000 + DOMID_SELF);
    setPortPending(hypervisor, guest.domain, guest.domain.events.at(words[1]!)!);
    expect(serve(each, new Map([[STACK_PFN, contents[0]!]]))).toEqual([STACK_PFN]);
    expect(hypervisor.processor.rip).toBe(address(each.labels, 'handler'));
  });
});

/** Somebody else writes to a page of the guest's. */
function writeGuest({ guest, hypervisor }: Made, pfn: number, value: number): void {
  const mfn = guest.mfns[pfn]!;
  expect(getPageAndType(hypervisor.frames, mfn, 1, 7)).toBe(0);
  writeWords(hypervisor.frames, mfn * PAGE_BYTES, [value]);
}

describe('others', () => {
  let each: Made;
  let contents: Uint8Array[];
  beforeEach(() => {
    each = made('ud2');
    contents = evict(each, DATA_PFN);
  });

  it('may not map it: domain 0 is told to come again', () => {
    const { pager, guest } = each;
    const request = (): number => {
      pager.poke(ARGUMENTS, pager.entryAddress(L1_PFN, 25), guest.entry(DATA_PFN, TABLE_FLAGS));
      return pager.call(mmuUpdate, ARGUMENTS, 1, 0, 1);
    };
    expect(request()).toBe(-ENOENT);
    expect(asked(each)).toEqual([DATA_PFN]);
    bring(each, DATA_PFN, contents[0]!);
    expect(request()).toBe(0);
    expect(pager.check()).toEqual([]);
  });

  it('nor use a grant of it', () => {
    const { pager, guest, hypervisor } = each;
    growTable(hypervisor.frames, guest.domain.grants, 1, 1);
    const at = guest.domain.grants.frames[0]! * PAGE_BYTES + 9 * 8;
    writeWords(hypervisor.frames, at, [grant.GTF_permit_access, guest.mfns[DATA_PFN]!]);
    const { offset, size } = grant.gnttab_map_grant_ref;
    const map = (): number => {
      put(
        pager,
        size,
        [offset.host_addr, 8, TEST_BASE + 25 * PAGE_BYTES],
        [offset.flags, 4, grant.GNTMAP_host_map],
        [offset.ref, 4, 9],
        [offset.dom, 2, 1],
      );
      expect(pager.call(grantTableOp, grant.GNTTABOP_map_grant_ref, ARGUMENTS, 1)).toBe(0);
      const view = new Uint8Array(size);
      copyFromGuest(hypervisor.frames, pager.vcpu, ARGUMENTS, view);
      return new DataView(view.buffer).getInt16(offset.status, true);
    };
    expect(map()).toBe(grant.GNTST_eagain);
    expect(asked(each)).toEqual([DATA_PFN]);
    bring(each, DATA_PFN, contents[0]!);
    expect(map()).toBe(grant.GNTST_okay);
    expect(pager.check()).toEqual([]);
  });

  it('and it becomes no page table before it is here', () => {
    const { guest, hypervisor } = each;
    expect(getPageAndType(hypervisor.frames, guest.mfns[DATA_PFN]!, 1, PGT_L1_PAGE_TABLE)).toBe(-ENOENT);
  });
});

test('what is refused', () => {
  const each = made('ud2');
  const { guest, pager, port } = each;
  const { ENABLE, EVICT, DISABLE } = {
    ENABLE: abi.XEN_DOMCTL_PV_PAGING_ENABLE,
    EVICT: abi.XEN_DOMCTL_PV_PAGING_EVICT,
    DISABLE: abi.XEN_DOMCTL_PV_PAGING_DISABLE,
  };
  expect(ask(each, EVICT, { num: 0 }).result).toBe(-ENODEV);
  expect(ask(each, ENABLE, { port: 999 }).result).toBe(-EINVAL);
  expect(ask(each, ENABLE, { port, domain: 0 }).result).toBe(-EINVAL);
  expect(ask(each, ENABLE, { port }).result).toBe(0);
  expect(ask(each, ENABLE, { port }).result).toBe(-EBUSY);
  expect(ask(each, EVICT, { num: 1025 }).result).toBe(-EINVAL);
  expect(ask(each, 99).result).toBe(-EINVAL);
  const list = (...mfns: (number | bigint)[]): number => {
    pager.poke(LIST, ...mfns);
    return ask(each, EVICT, { num: mfns.length }).result;
  };
  // A page table, another's, none of the machine's, one that has gone already.
  const bad = [guest.mfns[L1_PFN]!, pager.mfns[9]!, 1024, 2n ** 64n - 1n];
  expect(bad.map((mfn) => list(mfn))).toEqual(bad.map(() => -EPERM));
  expect([list(guest.mfns[9]!), list(guest.mfns[9]!)]).toEqual([0, -EPERM]);
  expect(ask(each, DISABLE).result).toBe(0);
  expect(guest.domain.paged).toBe(null);
});
