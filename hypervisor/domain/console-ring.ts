/**
 * The other end of the console ring (xen/include/public/io/console.h) of a domain that is alone on its host: Xen serves it
 * itself, as domain 0's xenconsoled would. What the guest prints is taken when it raises the port, so that draining the ring
 * lands on the same instruction in every run; keys go in while there is room, the rest waits for the guest to read.
 *
 * xenconsoled maps the page, writable, for as long as the domain is there; so Xen holds it here, and the guest can make
 * nothing else of it.
 */
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from '../abi/console.ts';
import { bug } from '../bug.ts';
import { notify } from '../events/send.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { writeByte, writeWord } from '../memory/guest-frames.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import { ConsoleRing } from '../state/console-ring.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';

const { offset } = xencons_interface;

/** Begins to serve the ring of a domain that has just been built. */
export function openConsole({ frames }: Hypervisor, domain: Domain): void {
  const mfn = domain.consoleMfn;
  if (domain.consoleRing !== null || getPageAndType(frames, mfn, domain.id, PGT_WRITABLE_PAGE) < 0)
    bug(`the console of domain ${String(domain.id)} cannot be served`);
  domain.consoleRing = new ConsoleRing(mfn);
}

/** Gives the ring's frame back. */
export function closeConsole({ frames }: Hypervisor, domain: Domain): void {
  if (domain.consoleRing === null) return;
  putPageAndType(frames, domain.consoleRing.mfn);
  domain.consoleRing = null;
}

/** The guest raised the port: it has printed, or read. */
export function serveConsole(hypervisor: Hypervisor, domain: Domain): void {
  const ring = domain.consoleRing;
  if (ring === null) return;
  const printed = drain(hypervisor, domain, ring);
  const typed = fill(hypervisor, ring);
  if (printed || typed) notify(hypervisor, domain, domain.consolePort);
}

/** Keys for the guest. What is typed for a domain without a ring is lost. */
export function typeOnConsole(hypervisor: Hypervisor, domain: Domain, keys: Uint8Array): void {
  const ring = domain.consoleRing;
  if (ring === null) return;
  ring.waiting.push(...keys);
  if (fill(hypervisor, ring)) notify(hypervisor, domain, domain.consolePort);
}

function field({ machine }: Hypervisor, { mfn }: ConsoleRing, at: number): number {
  return machine.words[(mfn * PAGE_BYTES + at) / 4]!;
}

/** The guest owns the indices and may write nonsense: at most a ringful is taken. */
function drain(hypervisor: Hypervisor, domain: Domain, ring: ConsoleRing): boolean {
  const producer = field(hypervisor, ring, offset.out_prod);
  const consumer = field(hypervisor, ring, offset.out_cons);
  const count = (producer - consumer) >>> 0;
  if (count === 0 || count > XENCONS_OUT_BYTES) return false;
  const start = ring.mfn * PAGE_BYTES + offset.out;
  const bytes = Uint8Array.from(
    { length: count },
    (_, n) => hypervisor.machine.bytes[start + ((consumer + n) % XENCONS_OUT_BYTES)]!,
  );
  writeWord(hypervisor.frames, ring.mfn * PAGE_BYTES + offset.out_cons, producer);
  hypervisor.onConsole?.(domain, bytes);
  return true;
}

/** Gives the guest as many keys as it has room for. False: none. */
function fill(hypervisor: Hypervisor, ring: ConsoleRing): boolean {
  const { frames } = hypervisor;
  let producer = field(hypervisor, ring, offset.in_prod);
  const used = (producer - field(hypervisor, ring, offset.in_cons)) >>> 0;
  const room = used > XENCONS_IN_BYTES ? 0 : XENCONS_IN_BYTES - used;
  const keys = ring.waiting.splice(0, room);
  if (keys.length === 0) return false;
  for (const key of keys) {
    writeByte(frames, ring.mfn * PAGE_BYTES + offset.in + (producer % XENCONS_IN_BYTES), key);
    producer = (producer + 1) >>> 0;
  }
  writeWord(frames, ring.mfn * PAGE_BYTES + offset.in_prod, producer);
  return true;
}
