/**
 * The domains of this test: small ones, that do what they are told through a mailbox, a hypercall or a piece of code. So domain
 * 0, who knows every frame and every address, says what the hostile one tries.
 */
import * as xen from 'xen';
import { mmuext_op, trap_info, vcpu_guest_context, xen_domctl_createdomain } from 'xen';
import { xen_domctl_getdomaininfo, xen_domctl_vcpucontext, xen_memory_reservation } from 'xen';
import { FLAT_KERNEL_CS, FLAT_KERNEL_SS, SCHEDOP_yield } from 'xen';
import { HYPERVISOR_memory_op, HYPERVISOR_mmuext_op, HYPERVISOR_sched_op } from 'kernel/xen/hypercalls';
import { dispatchEvents, eventsPending } from 'kernel/events/events';
import { copy, virtual } from 'kernel/xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { KERNEL_BITS, PAGE_WRITE, TABLE_BITS, updateForeign, windowEntry } from 'kernel/memory/pagetable';
import { now, SECOND } from 'kernel/events/clock';
import { takeSlots, unmapPage } from 'kernel/memory/window';
import { answeredDomain, begin, D, domctl } from '../domains/control';

// @ts-ignore: decorator
@external("asm", "agent_address")
declare function agentAddress(): u64;
// @ts-ignore: decorator
@external("asm", "agent_bytes")
declare function agentBytes(): u32;
// @ts-ignore: decorator
@external("asm", "agent_stubs")
declare function agentStubs(): u32;
// @ts-ignore: decorator
@external("asm", "agent_failsafe")
declare function agentFailsafe(): u32;
// @ts-ignore: decorator
@external("asm", "agent_syscall")
declare function agentSyscall(): u32;
// @ts-ignore: decorator
@external("asm", "agent_event")
declare function agentEvent(): u32;
// @ts-ignore: decorator
@external("asm", "agent_piece")
declare function agentPiece(which: i32): u32;

/** The pieces of code, in the order of agent.asm. */
export enum Piece {
  readMemory,
  writeMemory,
  jump,
  copyString,
  pushThere,
  readMsr,
  writeMsr,
  readPort,
  writePort,
  writePortString,
  writeCr0,
  writeCr3,
  writeDr0,
  loadGdt,
  loadIdt,
  loadLdt,
  loadTask,
  invalidate,
  halt,
  sysretKernel,
  loadDs,
  loadSs,
  readSegment,
  farCall,
  farReturn,
  iretInstruction,
  iretHypercall,
  iretFrom,
  interruptThree,
  interruptPageFault,
  interruptSystem,
  user,
  userRead,
  userWrite,
  userJump,
  userHalt,
  userMsr,
  userPort,
  userInterrupt,
  userStack,
}

/** What the pages of a domain are for. Two pages are code. */
export const MAILBOX: u32 = 2;
export const ARGUMENTS: u32 = 3;
export const STACK: u32 = 4;
export const DATA: u32 = 5;
export const SPARE: u32 = 6;
export const SPARE2: u32 = 7;
export const GDT: u32 = 8;
export const LDT: u32 = 9;
export const EMPTY: u32 = 10;
export const L1: u32 = 11;
export const L2: u32 = 12;
export const L3: u32 = 13;
export const L4: u32 = 14;
export const USER_L4: u32 = 15;
export const PAGES: u32 = 16;
/** Pages that the domain may have beyond those. */
export const MORE: u32 = 4;

/** Where a domain sees its pages; those behind them are free for mappings, up to the end of its L1 table. */
export const BASE: u64 = 0x40_0000;
const BASE_SLOT: usize = 2;
/** The first page of its address space that has nothing. */
export const FREE: u32 = 32;

/** No trap came of the last command. */
export const NO_TRAP: u32 = 0xffff;
const ASKED: usize = 0;
const DONE: usize = 8;
const IS_CODE: usize = 16;
const TARGET: usize = 24;
const ARGUMENT_WORDS: usize = 32;
const RESULT: usize = 80;
const TRAP_VECTOR: usize = 88;
const TRAP_ERROR: usize = 96;
const TRAP_CS: usize = 104;
const STUBS: u32 = 20;
const STUB_BYTES: u32 = 16;
/** What of them user mode may raise by `int n`. */
const PUBLIC_VECTOR: u32 = 3;

const request: usize = memory.data(64, 8);
const context: usize = memory.data(5168, 8);

/** A domain, and what of it is mapped here: as many slots as it has pages, of which the mailbox and the arguments last. */
@unmanaged
export class Agent {
  id: u32;
  frames: usize;
  slots: usize;

  mfn(page: u32): u64 {
    return load<u64>(this.frames + page * 8);
  }

  /** A page of its, in our window. */
  at(page: u32): usize {
    return this.slots + page * PAGE_SIZE;
  }

  get vector(): u32 {
    return load<u32>(this.at(MAILBOX) + TRAP_VECTOR);
  }

  get error(): u32 {
    return load<u32>(this.at(MAILBOX) + TRAP_ERROR);
  }

  get cs(): u32 {
    return load<u32>(this.at(MAILBOX) + TRAP_CS);
  }
}

export const victim = changetype<Agent>(memory.data(offsetof<Agent>(), 8));
export const hostile = changetype<Agent>(memory.data(offsetof<Agent>(), 8));
victim.frames = memory.data(8 * 16, 8);
hostile.frames = memory.data(8 * 16, 8);

/** The address at which a domain sees its page. */
export function va(page: u32): u64 {
  return BASE + ((<u64>page) << PAGE_SHIFT);
}

/** The address of a piece of code in a domain. */
export function piece(which: Piece): u64 {
  return BASE + agentPiece(which);
}

/** Makes a domain and lets it run: where its arguments are, in our window. */
export function build(agent: Agent, maptrackFrames: i32): void {
  agent.id = create(maptrackFrames);
  if (agent.slots == 0) agent.slots = takeSlots(PAGES);
  populate(agent);
  for (let page: u32 = 0; page < PAGES; page++) assert(mapOurs(agent, page, KERNEL_BITS) == 0, 'its page');
  fill(agent);
  for (let page: u32 = 0; page < PAGES; page++) if (!staysMapped(page)) unmapPage(agent.at(page));
  pin(agent, L4);
  pin(agent, USER_L4);
  setContext(agent);
  unpause(agent);
}

export function staysMapped(page: u32): bool {
  return page == MAILBOX || page == ARGUMENTS || page == DATA;
}

function create(maptrackFrames: i32): u32 {
  begin();
  store<u32>(D + xen_domctl_createdomain.max_vcpus, 1);
  store<u32>(D + xen_domctl_createdomain.max_evtchn_port, 127);
  store<i32>(D + xen_domctl_createdomain.max_grant_frames, 4);
  store<i32>(D + xen_domctl_createdomain.max_maptrack_frames, maptrackFrames);
  store<u32>(D + xen_domctl_createdomain.grant_opts, 2);
  assert(domctl(xen.XEN_DOMCTL_createdomain, 0) == 0, 'a domain');
  const id = answeredDomain();
  begin();
  store<u32>(D, 1);
  assert(domctl(xen.XEN_DOMCTL_max_vcpus, id) == 0, 'its vcpu');
  begin();
  store<u64>(D, (PAGES + MORE) * 4);
  assert(domctl(xen.XEN_DOMCTL_max_mem, id) == 0, 'its limit');
  return id;
}

function populate(agent: Agent): void {
  for (let pfn: usize = 0; pfn < PAGES; pfn++) store<u64>(agent.frames + pfn * 8, pfn);
  memory.fill(request, 0, xen_memory_reservation.SIZE);
  store<u64>(request + xen_memory_reservation.extent_start, virtual(agent.frames));
  store<u64>(request + xen_memory_reservation.nr_extents, PAGES);
  store<u16>(request + xen_memory_reservation.domid, <u16>agent.id);
  assert(HYPERVISOR_memory_op(xen.XENMEM_populate_physmap, request) == PAGES, 'its memory');
}

/** Maps a page of a domain's in its slot here. */
export function mapOurs(agent: Agent, page: u32, bits: u64): i32 {
  return updateForeign(windowEntry(agent.at(page)), (agent.mfn(page) << PAGE_SHIFT) | bits, agent.id);
}

function fill(agent: Agent): void {
  for (let page: u32 = 0; page < PAGES; page++) memory.fill(agent.at(page), 0, PAGE_SIZE);
  copy(virtual(agent.at(0)), agentAddress(), agentBytes());
  for (let at: usize = 0; at < PAGE_SIZE; at += 8) store<u64>(agent.at(DATA) + at, at * 0x1_0001 + agent.id);
  for (let page: u32 = 0; page < PAGES; page++) {
    const bits = page < L1 && page != EMPTY ? TABLE_BITS : TABLE_BITS & ~PAGE_WRITE;
    store<u64>(agent.at(L1) + page * 8, (agent.mfn(page) << PAGE_SHIFT) | bits);
  }
  store<u64>(agent.at(L2) + BASE_SLOT * 8, (agent.mfn(L1) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(agent.at(L3), (agent.mfn(L2) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(agent.at(L4), (agent.mfn(L3) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(agent.at(USER_L4), (agent.mfn(L3) << PAGE_SHIFT) | TABLE_BITS);
}

function pin(agent: Agent, page: u32): void {
  memory.fill(request, 0, mmuext_op.SIZE);
  store<u32>(request + mmuext_op.cmd, xen.MMUEXT_PIN_L4_TABLE);
  store<u64>(request + mmuext_op.arg1_mfn, agent.mfn(page));
  assert(HYPERVISOR_mmuext_op(request, 1, agent.id) == 0, 'its root');
}

function setContext(agent: Agent): void {
  const stack = va(STACK + 1);
  memory.fill(context, 0, vcpu_guest_context.SIZE);
  store<u64>(context + vcpu_guest_context.flags, xen.VGCF_in_kernel | xen.VGCF_online);
  store<u64>(context + vcpu_guest_context.user_regs_rip, BASE);
  store<u64>(context + vcpu_guest_context.user_regs_rsp, stack);
  store<u64>(context + vcpu_guest_context.user_regs_rflags, 0x200);
  store<u16>(context + vcpu_guest_context.user_regs_cs, FLAT_KERNEL_CS);
  store<u16>(context + vcpu_guest_context.user_regs_ss, FLAT_KERNEL_SS);
  for (let vector: u32 = 0; vector < STUBS; vector++) {
    const trap = context + vcpu_guest_context.trap_ctxt + vector * trap_info.SIZE;
    store<u8>(trap + trap_info.vector, <u8>vector);
    store<u8>(trap + trap_info.flags, vector == PUBLIC_VECTOR ? 3 : 0);
    store<u16>(trap + trap_info.cs, FLAT_KERNEL_CS);
    store<u64>(trap + trap_info.address, BASE + agentStubs() + vector * STUB_BYTES);
  }
  store<u64>(context + vcpu_guest_context.kernel_ss, FLAT_KERNEL_SS);
  store<u64>(context + vcpu_guest_context.kernel_sp, stack);
  store<u64>(context + vcpu_guest_context.ctrlreg + 3 * 8, agent.mfn(L4) << PAGE_SHIFT);
  store<u64>(context + vcpu_guest_context.ctrlreg + 1 * 8, agent.mfn(USER_L4) << PAGE_SHIFT);
  store<u64>(context + vcpu_guest_context.event_callback_eip, BASE + agentEvent());
  store<u64>(context + vcpu_guest_context.failsafe_callback_eip, BASE + agentFailsafe());
  store<u64>(context + vcpu_guest_context.syscall_callback_eip, BASE + agentSyscall());
  begin();
  store<u64>(D + xen_domctl_vcpucontext.ctxt, virtual(context));
  assert(domctl(xen.XEN_DOMCTL_setvcpucontext, agent.id) == 0, 'its context');
}

export function pause(agent: Agent): void {
  begin();
  assert(domctl(xen.XEN_DOMCTL_pausedomain, agent.id) == 0, 'it is not paused');
}

export function unpause(agent: Agent): void {
  begin();
  assert(domctl(xen.XEN_DOMCTL_unpausedomain, agent.id) == 0, 'it goes on');
}

/** The flags of a domain (XEN_DOMINF_*), with the reason of its end behind them; 0: it is not there. */
export function state(agent: Agent): u32 {
  begin();
  if (domctl(xen.XEN_DOMCTL_getdomaininfo, agent.id) != 0 || answeredDomain() != agent.id) return 0;
  return load<u32>(D + xen_domctl_getdomaininfo.flags);
}

/** Ends a domain and lets go of it: whether nothing is left of it. */
export function destroy(agent: Agent): bool {
  begin();
  assert(domctl(xen.XEN_DOMCTL_destroydomain, agent.id) == 0, 'it ends');
  for (let page: u32 = 0; page < PAGES; page++) if (staysMapped(page)) unmapPage(agent.at(page));
  const deadline = now() + 5 * SECOND;
  while (state(agent) != 0 && now() < deadline) HYPERVISOR_sched_op(SCHEDOP_yield, 0);
  return state(agent) == 0;
}

/** The domain has ended, or has not answered within a second. */
export const SILENT: i64 = -99999;

let ends = 0;

/** The handler of VIRQ_DOM_EXC: a domain that has ended is not waited for. */
export function watchEnds(port: u32): void {
  ends++;
}

/** Leaves a command and waits until it is done: what came of it, or SILENT. */
function perform(agent: Agent, isCode: u64, target: u64, a: u64, b: u64, c: u64, d: u64): i64 {
  const box = agent.at(MAILBOX);
  store<u64>(box + IS_CODE, isCode);
  store<u64>(box + TARGET, target);
  store<u64>(box + ARGUMENT_WORDS, a);
  store<u64>(box + ARGUMENT_WORDS + 8, b);
  store<u64>(box + ARGUMENT_WORDS + 16, c);
  store<u64>(box + ARGUMENT_WORDS + 24, d);
  atomic.store<u64>(box + ASKED, load<u64>(box + ASKED) + 1);
  const deadline = now() + SECOND;
  const before = ends;
  while (atomic.load<u64>(box + DONE) != load<u64>(box + ASKED)) {
    if (now() > deadline || ends != before) return SILENT;
    HYPERVISOR_sched_op(SCHEDOP_yield, 0);
    if (eventsPending()) dispatchEvents();
  }
  return load<i64>(box + RESULT);
}

/** A domain makes a hypercall: its result. */
export function hypercall(agent: Agent, number: u32, a: u64, b: u64 = 0, c: u64 = 0, d: u64 = 0): i64 {
  return perform(agent, 0, number, a, b, c, d);
}

/** A domain runs a piece of code: what it tells, -1 if it has trapped. */
export function run(agent: Agent, which: Piece, a: u64 = 0, b: u64 = 0, c: u64 = 0): i64 {
  return perform(agent, 1, piece(which), a, b, c, 0);
}

/** The page of arguments of a domain, emptied; it is at `va(ARGUMENTS)` there. */
export function arguments(agent: Agent): usize {
  memory.fill(agent.at(ARGUMENTS), 0, PAGE_SIZE);
  return agent.at(ARGUMENTS);
}
