/** The processor: Xen's memory, registers, ports, segments and gates, from the hostile kernel and from its user mode. */
import * as xen from 'xen';
import { MACH2PHYS_VIRT_START } from 'xen';
import { PAGE_SHIFT } from 'kernel/memory/pages';
import { KERNEL_BITS, mfnOf } from 'kernel/memory/pagetable';
import { unmapPage } from 'kernel/memory/window';
import { checkNumber, checkRefused } from '../check';
import { ARGUMENTS, arguments, DATA, FREE, GDT, hostile, hypercall, L1, L4, LDT, mapOurs } from './agent';
import { EMPTY, Piece, piece, run, SPARE, va, victim } from './agent';
import { extended, mapAt, ours } from './frames';
import { interrupts, passes, traps } from './report';

const XENS: u64 = 0xffff_8300_0000_0000;
const XENS_TEXT: u64 = 0xffff_82d0_4020_0000;
const NOWHERE: u64 = 0x0000_8000_0000_0000;
/** Selectors of Xen's own segments. */
const XENS_CS: u64 = 0xe008;
const XENS_DS: u64 = 0xe010;
const XENS_TASK: u64 = 0xe040;

/** Descriptors: ring 0 code and data, a call gate to Xen's code, a task, an LDT, an interrupt gate, and data of a user. */
const CODE_0: u64 = 0x00af_9b00_0000_ffff;
const DATA_0: u64 = 0x00cf_9300_0000_ffff;
const CALL_GATE: u64 = 0x0000_ec00_e008_1000;
const TASK: u64 = 0x0000_e900_0000_0067;
const LOCAL_TABLE: u64 = 0x0000_e200_0000_0fff;
const INTERRUPT_GATE: u64 = 0x0000_ee00_e008_1000;
const DATA_3: u64 = 0x00cf_f300_0000_ffff;
const CODE_CONFORMING: u64 = 0x00af_9f00_0000_ffff;

export function addresses(): void {
  traps("a read of Xen's memory", Piece.readMemory, XENS);
  traps("a write to Xen's memory", Piece.writeMemory, XENS, 1);
  traps("a jump to Xen's code", Piece.jump, XENS_TEXT);
  traps("a push to Xen's memory", Piece.copyString, XENS, va(DATA), 8);
  traps("a copy from Xen's memory", Piece.copyString, va(SPARE), XENS, 8);
  traps('a read of no address', Piece.readMemory, NOWHERE);
  const itsName = <u64>MACH2PHYS_VIRT_START + hostile.mfn(DATA) * 8;
  passes('the M2P is read', DATA, Piece.readMemory, itsName);
  traps('and written to', Piece.writeMemory, itsName, 1);
  traps('its L1 table written to', Piece.writeMemory, va(L1), 1);
  traps('its root written to', Piece.writeMemory, va(L4), 1);
  traps('what is not mapped read', Piece.readMemory, va(FREE));
  traps("a user's read of Xen's memory", Piece.user, piece(Piece.userRead), XENS);
  traps("a user's write to Xen's memory", Piece.user, piece(Piece.userWrite), XENS);
  traps("a user's jump to Xen's code", Piece.user, piece(Piece.userJump), XENS_TEXT);
  traps("a user's write to the M2P", Piece.user, piece(Piece.userWrite), itsName);
  traps("a user's write to a table", Piece.user, piece(Piece.userWrite), va(L1));
  traps("a user's trap with a stack of Xen's", Piece.user, piece(Piece.userStack), XENS);
}

export function registers(): void {
  const MSRS: StaticArray<u32> = [
    0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084, 0x174, 0x175, 0x176, 0x277, 0x2ff,
  ];
  for (let index = 0; index < MSRS.length; index++) traps('wrmsr', Piece.writeMsr, MSRS[index], XENS_TEXT);
  traps('rdmsr of what there is not', Piece.readMsr, 0xdead_beef);
  traps('invlpg', Piece.invalidate, XENS);
  traps("a user's rdmsr", Piece.user, piece(Piece.userMsr), 0xc000_0080);
  traps("CR3 with the victim's root", Piece.writeCr3, victim.mfn(L4) << PAGE_SHIFT);
  traps('CR3 with a page', Piece.writeCr3, hostile.mfn(DATA) << PAGE_SHIFT);
  traps('CR0 without protection', Piece.writeCr0, 0);
  traps("a breakpoint in Xen's code", Piece.writeDr0, XENS_TEXT);
  traps('lgdt', Piece.loadGdt, va(DATA));
  traps('lidt', Piece.loadIdt, va(DATA));
  traps('lldt', Piece.loadLdt, XENS_TASK);
  traps('ltr', Piece.loadTask, XENS_TASK);
  traps('hlt', Piece.halt);
  traps("a user's hlt", Piece.user, piece(Piece.userHalt));
  traps('sysret', Piece.sysretKernel, XENS_TEXT);
  interrupts('int 14', Piece.interruptPageFault);
  interrupts('int 0x80', Piece.interruptSystem);
  interrupts("a user's int 14", Piece.user, piece(Piece.userInterrupt));
}

/** Ports, before it has asked for the right to, and after: they are not there, and what is written goes nowhere. */
export function ports(): void {
  const PORTS: StaticArray<u32> = [0x20, 0x64, 0x3f8, 0xcf9, 0x92];
  for (let index = 0; index < PORTS.length; index++) {
    traps('a port read', Piece.readPort, PORTS[index]);
    traps('a port written to', Piece.writePort, PORTS[index], 0xfe);
  }
  setIopl(1);
  for (let index = 0; index < PORTS.length; index++) {
    passes('a port read with I/O privilege', 0xff, Piece.readPort, PORTS[index]);
    passes('a port written to with it', 0, Piece.writePort, PORTS[index], 0xfe);
  }
  traps("a string from Xen's memory to a port", Piece.writePortString, 0x3f8, XENS);
  traps("a user's port", Piece.user, piece(Piece.userPort), 0x20);
  setIopl(0);
}

function setIopl(level: u32): void {
  store<u32>(arguments(hostile), level);
  checkNumber(
    'I/O privilege',
    hypercall(hostile, xen.HYPERVISOR_physdev_op, xen.PHYSDEVOP_set_iopl, va(ARGUMENTS)),
    0,
  );
}

export function xensSegments(): void {
  traps("Xen's code as data", Piece.loadDs, XENS_CS);
  traps("Xen's data", Piece.loadDs, XENS_DS);
  traps("Xen's data as a stack", Piece.loadSs, XENS_DS);
  traps("Xen's task", Piece.loadDs, XENS_TASK);
  traps("a call to Xen's code", Piece.farCall, XENS_CS);
  traps("a call of Xen's task", Piece.farCall, XENS_TASK);
  traps("a return to Xen's code", Piece.farReturn, XENS_CS);
  traps("iretq to Xen's code", Piece.iretInstruction, XENS_CS, XENS_DS);
  traps("iret to Xen's code", Piece.iretHypercall, XENS_CS, XENS_DS, piece(Piece.interruptThree));
  traps(
    "iret to a stack of Xen's",
    Piece.iretHypercall,
    xen.FLAT_KERNEL_CS & ~3,
    XENS_DS,
    piece(Piece.interruptThree),
  );
  traps(
    "iret to an address of Xen's",
    Piece.iretHypercall,
    xen.FLAT_KERNEL_CS & ~3,
    xen.FLAT_KERNEL_SS,
    XENS_TEXT,
  );
  traps(
    "iret of a user to Xen's code",
    Piece.iretHypercall,
    XENS_CS | 3,
    XENS_DS | 3,
    piece(Piece.interruptThree),
  );
  traps('iret to no address', Piece.iretHypercall, xen.FLAT_KERNEL_CS & ~3, xen.FLAT_KERNEL_SS, NOWHERE);
}

/** Its own descriptor tables: what ring 0 could use is refused, or made ring 3's. */
export function descriptors(): void {
  checkNumber('a page is only to be read', mapAt(GDT, hostile.mfn(GDT), 5), 0);
  store<u64>(arguments(hostile), hostile.mfn(GDT));
  checkNumber(
    'and a table of descriptors',
    hypercall(hostile, xen.HYPERVISOR_set_gdt, va(ARGUMENTS), 512),
    0,
  );
  checkRefused('and written to', '', mapAt(GDT, hostile.mfn(GDT), 7));
  describe('code of ring 0', CODE_0);
  describe('data of ring 0', DATA_0);
  describe('conforming code of ring 0', CODE_CONFORMING);
  describe("a gate to Xen's code", CALL_GATE);
  describe('a task', TASK);
  describe('a table', LOCAL_TABLE);
  describe('an interrupt gate', INTERRUPT_GATE);
  describe('data of a user', DATA_3);
  const theirs = victim.mfn(DATA) << PAGE_SHIFT;
  checkRefused(
    'a descriptor',
    ' of the victim',
    hypercall(hostile, xen.HYPERVISOR_update_descriptor, theirs, DATA_3),
  );
  checkRefused(
    'a descriptor',
    ' of domain 0',
    hypercall(hostile, xen.HYPERVISOR_update_descriptor, mfnOf(ours) << PAGE_SHIFT, DATA_3),
  );
  checkRefused(
    'a descriptor',
    ' in its L1 table',
    hypercall(hostile, xen.HYPERVISOR_update_descriptor, hostile.mfn(L1) << PAGE_SHIFT, DATA_3),
  );
  store<u64>(arguments(hostile), 0);
  checkNumber('the table is given up', hypercall(hostile, xen.HYPERVISOR_set_gdt, va(ARGUMENTS), 0), 0);
  checkNumber('and written to', mapAt(GDT, hostile.mfn(GDT), 7), 0);
}

/** Puts a descriptor into entry 4 of the table, and uses it if it is let in. */
function describe(what: string, descriptor: u64): void {
  const at = (hostile.mfn(GDT) << PAGE_SHIFT) + 32;
  const got = hypercall(hostile, xen.HYPERVISOR_update_descriptor, at, descriptor);
  if (got < 0) {
    checkRefused(what, '', got);
    return;
  }
  checkNumber(what, got, 0);
  const there = run(hostile, Piece.readMemory, va(GDT) + 32);
  checkNumber('its privilege level', (there >> 45) & 3, 3);
  traps("and Xen's memory by it", Piece.readSegment, 32 | 3, XENS);
}

/** The same by an LDT, whose pages are looked at when they are used. */
export function localTables(): void {
  fillLdt(LDT, 0, DATA_0);
  fillLdt(LDT, 1, DATA_3);
  fillLdt(EMPTY, 0, CALL_GATE);
  fillLdt(EMPTY, 1, DATA_3);
  checkNumber('a page is only to be read', mapAt(LDT, hostile.mfn(LDT), 5), 0);
  checkNumber('and a local table', extended(xen.MMUEXT_SET_LDT, va(LDT), 512), 0);
  passes('data of ring 0 is of ring 3', 7, Piece.loadDs, 7);
  passes('data of ring 3', 15, Piece.loadDs, 15);
  checkNumber('for it was changed', (run(hostile, Piece.readMemory, va(LDT)) >> 45) & 3, 3);
  traps("Xen's memory by it", Piece.readSegment, 15, XENS);
  traps('iret with a stack by it', Piece.iretHypercall, 7, 15, piece(Piece.interruptThree));
  checkNumber('a page with a gate', extended(xen.MMUEXT_SET_LDT, va(EMPTY), 512), 0);
  traps('data in it', Piece.loadDs, 15);
  traps('the gate', Piece.farCall, 7);
  checkNumber('a page that is not there', extended(xen.MMUEXT_SET_LDT, va(FREE), 512), 0);
  traps('data in it', Piece.loadDs, 15);
  checkNumber('a page that it writes to', extended(xen.MMUEXT_SET_LDT, va(DATA), 512), 0);
  traps('data in it', Piece.loadDs, 15);
  checkNumber('its L1 table', extended(xen.MMUEXT_SET_LDT, va(L1), 512), 0);
  traps('data in it', Piece.loadDs, 15);
  checkNumber('and none', extended(xen.MMUEXT_SET_LDT, 0, 0), 0);
}

function fillLdt(page: u32, index: u32, descriptor: u64): void {
  assert(mapOurs(hostile, page, KERNEL_BITS) == 0, 'its page');
  store<u64>(hostile.at(page) + index * 8, descriptor);
  unmapPage(hostile.at(page));
}
