/**
 * Two domains that make random and half-valid hypercalls, by `syscall` instructions that the processor executes, so that
 * everything on the way is in it: dispatch, continuations, events, traps, scheduling. Whatever they do, nothing may be
 * thrown and the frame table's invariant holds. The same seed gives the same run.
 */
import * as layout from '../../core/wasm/layout.ts';
import { trap_info, vcpu_guest_context, VGCF_in_kernel, VGCF_online } from '../abi/arch-x86.ts';
import { newGuestContext, setGuestContext } from '../domain/context.ts';
import { destroyDomain } from '../domain/destroy.ts';
import type { Vcpu } from '../domain/vcpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { checkFrameTable } from '../memory/check.ts';
import { copyToGuest } from '../memory/guest-access.ts';
import { putPageAndType } from '../memory/page-types.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { setDown } from '../sched/vcpus.ts';
import { startTime } from '../time/areas.ts';
import { type Call, randomCall } from './calls.ts';
import { Random } from './random.ts';
import {
  ARGUMENT_VA,
  CODE_VA,
  entryOf,
  FIRST_WILD_PFN,
  LIST_VA,
  PAGES,
  type Scene,
  STACK_VA,
  WILD_PAGES,
} from './values.ts';

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

/** syscall; jmp to itself. */
const CODE = new Uint8Array([0x0f, 0x05, 0xeb, 0xfe, 0x90, 0x90, 0x90, 0x90]);
const ARGUMENT_REGISTERS = [layout.RDI, layout.RSI, layout.RDX, 10, 8] as const;

export class Fuzzer {
  readonly hypervisor: Hypervisor;
  private readonly random: Random;
  private readonly freeAtFirst: number;
  private domains: TestDomain[] = [];
  private nextId = 1;
  private callsLeft = 0;
  private idleRounds = 0;
  /** Domains made so far. */
  lives = 0;
  /** The last call that was prepared, for the report of a failure. */
  last: Call | null = null;

  constructor(seed: number) {
    this.random = new Random(seed);
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
    for (const { domain } of this.domains) destroyDomain(hypervisor, domain);
    if (hypervisor.frames.freeFrames !== this.freeAtFirst)
      throw new Error(
        `of ${String(this.freeAtFirst)} free frames, destroyed domains left ${String(hypervisor.frames.freeFrames)}`,
      );
    if (this.nextId > LAST_DOMAIN_ID) this.nextId = 1;
    this.domains = [this.makeDomain(), this.makeDomain()];
    this.callsLeft = CALLS_PER_LIFE;
    this.idleRounds = 0;
  }

  private makeDomain(): TestDomain {
    const { hypervisor } = this;
    const guest = new TestDomain(hypervisor, this.nextId++, PAGES, VCPUS);
    this.lives++;
    const { vcpu } = guest;
    guest.poke(CODE_VA, new BigUint64Array(CODE.buffer)[0]!);
    // Half of the wild pages can become page tables at once.
    for (let pfn = FIRST_WILD_PFN; pfn < FIRST_WILD_PFN + WILD_PAGES / 2; pfn++)
      guest.call(updateVaMapping, TEST_BASE + pfn * 4096, guest.entry(pfn, 5), 0);
    // The scheduler puts the vcpu on the processor, not the test.
    hypervisor.current = null;
    const root = vcpu.kernelRoot;
    putPageAndType(hypervisor.frames, root);
    vcpu.kernelRoot = 0;
    setGuestContext(hypervisor, vcpu, contextOf(root));
    startTime(hypervisor, guest.domain);
    setDown(hypervisor, vcpu, false);
    return guest;
  }

  /** Puts a call into a vcpu's registers and memory, and a grant into its table now and then. */
  private prepare(vcpu: Vcpu): void {
    const { frames, processor } = this.hypervisor;
    const guest = this.domains.find(({ domain }) => domain === vcpu.domain)!;
    const other = this.domains.find(({ domain }) => domain !== vcpu.domain)!;
    const scene = { random: this.random, guest, other };
    const call = randomCall(scene);
    this.last = call;
    const write = (va: number, words: readonly bigint[]): void => {
      copyToGuest(frames, vcpu, va, new Uint8Array(new BigUint64Array(words).buffer));
    };
    write(ARGUMENT_VA, call.memory);
    write(LIST_VA, call.list);
    if (this.random.oneIn(8)) grantSomething(scene);
    processor.setHalves(layout.RAX, call.number, 0);
    call.args.forEach((value, index) => {
      const register = ARGUMENT_REGISTERS[index];
      if (register !== undefined)
        processor.setHalves(register, Number(value & 0xffff_ffffn), Number(value >> 32n));
    });
    processor.rip = CODE_VA;
    processor.set(layout.RSP, STACK_VA + 4096 - 256);
  }
}

/** Writes an entry of the guest's grant table, as the guest itself would. */
function grantSomething(scene: Scene): void {
  const { random, guest, other } = scene;
  const { words } = guest.hypervisor.frames.memory;
  const at = guest.domain.grants.frames[0]! * 1024 + random.below(64) * 2;
  const flags = random.oneIn(4) ? random.below(0x200) : random.pick([1, 5, 2]);
  words[at] = flags | (other.domain.id << 16);
  words[at + 1] = Number((entryOf(scene) >> 12n) & 0xffff_ffffn);
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
  put(offset['user_regs.rsp'], STACK_VA + 4096);
  words[offset.kernel_ss / 4] = 0xe02b;
  put(offset.kernel_sp, STACK_VA + 4096);
  for (const vector of [layout.VECTOR_UD, layout.VECTOR_GP, layout.VECTOR_PF]) {
    const at = offset.trap_ctxt + vector * trap_info.size;
    words[at / 4] = vector | (0xe033 << 16);
    put(at + trap_info.offset.address, CODE_VA);
  }
  put(offset.event_callback_eip, CODE_VA);
  put(offset.failsafe_callback_eip, CODE_VA);
  put(offset.ctrlreg + 24, root * 4096);
  return words;
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index]!;
  return total;
}
