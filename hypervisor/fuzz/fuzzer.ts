/**
 * Two domains that make random and half-valid hypercalls, by `syscall` instructions that the processor executes, so that
 * everything on the way is in it: dispatch, continuations, events, traps, scheduling. Whatever they do, nothing may be
 * thrown and the frame table's invariant holds. The same seed gives the same run.
 */
import * as layout from '../../core/wasm/layout.ts';
import { trap_info, vcpu_guest_context, VGCF_in_kernel, VGCF_online } from '../abi/arch-x86.ts';
import { newGuestContext } from '../domain/context-words.ts';
import { setGuestContext } from '../domain/context.ts';
import { destroyDomain } from '../domain/destroy.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Xen } from '../xen.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { checkFrameTable } from '../state/check.ts';
import { copyToGuest } from '../memory/guest-access.ts';
import { writeWords } from '../memory/guest-frames.ts';
import { putPageAndType } from '../memory/page-types.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { startTime } from '../time/areas.ts';
import { type Call, randomCall } from './calls.ts';
import { randomInstruction, type Trial } from './instructions.ts';
import { Random } from './random.ts';
import {
  ARGUMENT_VA,
  CODE_VA,
  entryOf,
  FIRST_WILD_PFN,
  HANDLER_VA,
  LIST_VA,
  PAGES,
  type Scene,
  STACK_VA,
  WILD_PAGES,
} from './values.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

const FRAMES = 2048;
const VCPUS = 2;
/** Domains live for this many calls, or until nothing of them runs any more. */
const CALLS_PER_LIFE = 2000;
const IDLE_LIMIT = 50;
/** Ticks for a call with its continuations and what it sets off. */
const TICKS_PER_CALL = 12;
/** Ticks that everybody may sleep. */
const SLEEP_TICKS = 20_000_000;
const LAST_DOMAIN_ID = 0x7000;

/** One in so many steps is another instruction than a hypercall's. */
const INSTRUCTION_EVERY = 8;

/** Exceptions that have a handler from the start. */
const EXCEPTIONS = 20;

/** jmp to itself; syscall and that. */
const LOOP = new Uint8Array([0xeb, 0xfe]);
const SYSCALL = new Uint8Array([0x0f, 0x05, ...LOOP]);
const ARGUMENT_REGISTERS = [layout.RDI, layout.RSI, layout.RDX, 10, 8] as const;

export class Fuzzer {
  readonly hypervisor: Xen;
  private readonly random: Random;
  private readonly withDom0: boolean;
  private readonly freeAtFirst: number;
  private domains: TestDomain[] = [];
  private nextId = 1;
  private callsLeft = 0;
  private idleRounds = 0;
  /** Domains made so far. */
  lives = 0;
  /** What was prepared last, for the report of a failure. */
  last: Call | Trial | null = null;

  /** `withDom0`: one of the domains is privileged, domain 0. */
  constructor(seed: number, withDom0 = false) {
    this.random = new Random(seed);
    this.withDom0 = withDom0;
    this.hypervisor = testHost(FRAMES);
    this.freeAtFirst = this.hypervisor.frames.freeFrames;
  }

  /** Hypercalls made so far, multicall entries included. */
  get made(): number {
    const { hypercalls, multicallEntries } = this.hypervisor.counts;
    return sum(hypercalls) + sum(multicallEntries);
  }

  /** Lets whoever runs make one call. */
  step(): void {
    if (this.callsLeft-- <= 0 || this.idleRounds > IDLE_LIMIT) this.renew();
    const { hypervisor } = this;
    hypervisor.run(hypervisor.ticks() + 1);
    const vcpu = hypervisor.running;
    if (vcpu === null) {
      this.idleRounds++;
      hypervisor.run(hypervisor.ticks() + SLEEP_TICKS);
      return;
    }
    const before = this.made;
    this.prepare(vcpu);
    hypervisor.run(hypervisor.ticks() + TICKS_PER_CALL);
    this.idleRounds = this.made > before ? 0 : this.idleRounds + 1;
  }

  /** Violations of the invariant, in words. */
  check(): string[] {
    return checkFrameTable(this.hypervisor.frames, this.hypervisor.domains);
  }

  /** Destroys the domains, which must give everything back, and makes new ones. */
  private renew(): void {
    const { hypervisor } = this;
    for (const domain of [...hypervisor.domains.values()]) destroyDomain(hypervisor, domain);
    if (hypervisor.frames.freeFrames !== this.freeAtFirst)
      throw new Error(
        `of ${String(this.freeAtFirst)} free frames, destroyed domains left ${String(hypervisor.frames.freeFrames)}`,
      );
    if (this.nextId > LAST_DOMAIN_ID) this.nextId = 1;
    this.domains = [this.makeDomain(this.withDom0), this.makeDomain(false)];
    this.callsLeft = CALLS_PER_LIFE;
    this.idleRounds = 0;
  }

  private makeDomain(isDom0: boolean): TestDomain {
    const { hypervisor } = this;
    const guest = new TestDomain(hypervisor, isDom0 ? 0 : this.nextId++, PAGES, VCPUS, isDom0);
    this.lives++;
    const { vcpu } = guest;
    this.write(vcpu, HANDLER_VA, SYSCALL);
    // Half of the wild pages can become page tables at once.
    for (let pfn = FIRST_WILD_PFN; pfn < FIRST_WILD_PFN + WILD_PAGES / 2; pfn++)
      guest.call(updateVaMapping, TEST_BASE + pfn * PAGE_BYTES, guest.entry(pfn, 5), 0);
    // The scheduler puts the vcpu on the processor, not the test.
    hypervisor.current = null;
    const root = vcpu.kernelRoot;
    putPageAndType(hypervisor.frames, root);
    vcpu.kernelRoot = 0;
    setGuestContext(hypervisor, vcpu, contextOf(root));
    startTime(hypervisor, guest.domain);
    return guest;
  }

  /** Gets a vcpu ready to make a call, or now and then to execute something else that stops the processor. */
  private prepare(vcpu: Vcpu): void {
    const { processor } = this.hypervisor;
    const guest = this.domains.find(({ domain }) => domain === vcpu.domain);
    // One that domain 0 has made does what it was made for.
    if (guest === undefined) return;
    const other = this.domains.find(({ domain }) => domain !== vcpu.domain)!;
    const scene = { random: this.random, guest, other };
    if (this.random.oneIn(8)) grantSomething(scene);
    if (this.random.oneIn(INSTRUCTION_EVERY)) this.prepareInstruction(vcpu, scene);
    else this.prepareCall(vcpu, scene);
    processor.rip = CODE_VA;
    processor.set(layout.RSP, STACK_VA + PAGE_BYTES - 256);
  }

  private prepareCall(vcpu: Vcpu, scene: Scene): void {
    const call = randomCall(scene);
    this.last = call;
    this.write(vcpu, CODE_VA, SYSCALL);
    this.write(vcpu, ARGUMENT_VA, bytesOf(call.memory));
    this.write(vcpu, LIST_VA, bytesOf(call.list));
    this.hypervisor.processor.setHalves(layout.RAX, call.number, 0);
    call.args.forEach((value, index) => {
      const register = ARGUMENT_REGISTERS[index];
      if (register !== undefined) this.setRegister(register, value);
    });
  }

  private prepareInstruction(vcpu: Vcpu, scene: Scene): void {
    const trial = randomInstruction(scene);
    this.last = trial;
    this.write(vcpu, CODE_VA, new Uint8Array([...trial.code, ...LOOP]));
    for (const [register, value] of trial.registers) this.setRegister(register, value);
  }

  private setRegister(register: number, value: bigint): void {
    this.hypervisor.processor.setHalves(register, Number(value & 0xffff_ffffn), Number(value >> 32n));
  }

  /** A write that the guest could make itself: where it has no mapping to write to, nothing happens. */
  private write(vcpu: Vcpu, va: number, bytes: Uint8Array): void {
    copyToGuest(this.hypervisor.frames, vcpu, va, bytes);
  }
}

function bytesOf(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(words).buffer);
}

/** Writes an entry of the guest's grant table, as the guest itself would. */
function grantSomething(scene: Scene): void {
  const { random, guest, other } = scene;
  const at = guest.domain.grants.frames[0]! * PAGE_BYTES + random.below(64) * 8;
  const flags = random.oneIn(4) ? random.below(0x200) : random.pick([1, 5, 2]);
  const frame = Number((entryOf(scene) >> 12n) & 0xffff_ffffn);
  writeWords(guest.hypervisor.frames, at, [flags | (other.domain.id << 16), frame]);
}

function contextOf(root: number): Uint32Array {
  const words = newGuestContext();
  const { offset } = vcpu_guest_context;
  words[offset.flags / 4] = VGCF_in_kernel | VGCF_online;
  words[offset['user_regs.cs'] / 4] = 0xe033;
  words[offset['user_regs.ss'] / 4] = 0xe02b;
  words[offset['user_regs.rflags'] / 4] = 0x200;
  const put = (at: number, value: number): void => {
    words[at / 4] = value >>> 0;
    words[at / 4 + 1] = value < 0 ? 0xffff_ffff : Math.floor(value / 2 ** 32);
  };
  put(offset['user_regs.rip'], CODE_VA);
  put(offset['user_regs.rsp'], STACK_VA + PAGE_BYTES);
  words[offset.kernel_ss / 4] = 0xe02b;
  put(offset.kernel_sp, STACK_VA + PAGE_BYTES);
  for (let vector = 0; vector < EXCEPTIONS; vector++) {
    const at = offset.trap_ctxt + vector * trap_info.size;
    words[at / 4] = vector | (0xe033 << 16);
    put(at + trap_info.offset.address, HANDLER_VA);
  }
  put(offset.event_callback_eip, HANDLER_VA);
  put(offset.failsafe_callback_eip, HANDLER_VA);
  put(offset.ctrlreg + 24, root * PAGE_BYTES);
  return words;
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index]!;
  return total;
}
