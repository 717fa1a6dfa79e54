/** Where the core's outcome of a trial differs from the processor's. */
import { registerName } from '../assembler/registers.ts';
import type { Fault } from './format.ts';
import type { TrialState } from './trial-state.ts';
import type { Probe } from './probe.ts';

/** What a comparison leaves out. */
export interface Tolerance {
  /** Flags the manual leaves undefined. */
  readonly flags: number;
  /** Whether the byte of the page at that offset may differ. */
  ignoresByte(offset: number): boolean;
  /** Bits of the x87 status word that may differ. */
  readonly fsw: number;
  /** Several accesses: where a fault comes, its address counts to the page and memory does not count. */
  readonly severalAccesses: boolean;
  /** The destination is undefined: only fault and RIP count. */
  readonly anyResult: boolean;
  /** Where a fault comes, the x87 and MMX state does not count. */
  readonly anyX87AfterFault: boolean;
  /** How far the floats of an XMM register may be apart, relatively. */
  readonly relative: number;
  /** How many units in the last place of an x87 result may differ. */
  readonly x87Ulps: number;
}

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const wide = (low: number, high: number) => `0x${((BigInt(high) << 32n) | BigInt(low)).toString(16)}`;

function faultText(fault: Fault | null, tolerance: Tolerance): string {
  if (fault === null) return 'none';
  const address = tolerance.severalAccesses ? fault.address - (fault.address % 4096) : fault.address;
  return `#${fault.vector}(${hex(fault.error)}) at ${address.toString(16)}`;
}

/** One line for each difference: field, expected, got. */
export function differences(
  probe: Probe,
  expected: { state: TrialState; fault: Fault | null },
  got: { state: TrialState; fault: Fault | null },
  tolerance: Tolerance,
): string[] {
  const lines: string[] = [];
  const note = noteInto(lines);
  const [a, b] = [expected.state, got.state];
  note('fault', faultText(expected.fault, tolerance), faultText(got.fault, tolerance));
  note('rip', a.rip.toString(16), b.rip.toString(16));
  if (tolerance.anyResult) return lines;
  note('flags', hex(a.flags & ~tolerance.flags), hex(b.flags & ~tolerance.flags));
  for (let n = 0; n < (probe.mode === 64 ? 16 : 8); n++) {
    // In 32-bit mode the upper halves are not defined.
    const high = (state: TrialState) => (probe.mode === 64 ? state.gpr[2 * n + 1]! : 0);
    if (a.gpr[2 * n] === b.gpr[2 * n] && high(a) === high(b)) continue;
    const name = registerName({ kind: 'register', class: 'r64', number: n });
    note(name, wide(a.gpr[2 * n]!, high(a)), wide(b.gpr[2 * n]!, high(b)));
  }
  note('mxcsr', hex(a.mxcsr), hex(b.mxcsr));
  if (expected.fault === null || !tolerance.anyX87AfterFault) lines.push(...x87Differences(a, b, tolerance));
  for (let n = 0; n < 16; n++) {
    if (!sameVector(a, b, n, tolerance.relative)) note(`xmm${n}`, vectorText(a, n), vectorText(b, n));
  }
  if (expected.fault === null || !tolerance.severalAccesses) {
    lines.push(...pageDifferences(a.page, b.page, tolerance));
  }
  return lines;
}

function noteInto(lines: string[]): (field: string, want: string, have: string) => void {
  return (field, want, have) => {
    if (want !== have) lines.push(`${field}: silicon ${want}, core ${have}`);
  };
}

function x87Differences(a: TrialState, b: TrialState, tolerance: Tolerance): string[] {
  const lines: string[] = [];
  const note = noteInto(lines);
  note('fcw', hex(a.fcw), hex(b.fcw));
  note('fsw', hex(a.fsw & ~tolerance.fsw), hex(b.fsw & ~tolerance.fsw));
  note('ftw', hex(a.ftw), hex(b.ftw));
  for (let n = 0; n < 8; n++) {
    if (!sameFloat(a, b, n, tolerance.x87Ulps)) note(`st${n}`, floatText(a, n), floatText(b, n));
  }
  return lines;
}

function sameFloat(a: TrialState, b: TrialState, n: number, ulps: number): boolean {
  if (a.exponent[n] === b.exponent[n]) {
    const half = (state: TrialState, which: number) => state.significand[2 * n + which];
    if (half(a, 0) === half(b, 0) && half(a, 1) === half(b, 1)) return true;
    const value = (state: TrialState) =>
      (BigInt(state.significand[2 * n + 1]!) << 32n) | BigInt(state.significand[2 * n]!);
    const distance = value(a) - value(b);
    return distance <= BigInt(ulps) && -distance <= BigInt(ulps);
  }
  return false;
}

function floatText(state: TrialState, n: number): string {
  return `${hex(state.exponent[n]!)}:${wide(state.significand[2 * n]!, state.significand[2 * n + 1]!)}`;
}

/** Whether two XMM registers are equal, or their four floats differ by at most so much relatively. */
function sameVector(a: TrialState, b: TrialState, n: number, relative: number): boolean {
  if (Buffer.compare(a.xmm.subarray(16 * n, 16 * n + 16), b.xmm.subarray(16 * n, 16 * n + 16)) === 0)
    return true;
  const [want, have] = [a, b].map((state) => new DataView(state.xmm.buffer, 16 * n, 16));
  return [0, 4, 8, 12].every((at) => {
    if (want!.getUint32(at, true) === have!.getUint32(at, true)) return true;
    const value = want!.getFloat32(at, true);
    return relative > 0 && Math.abs(value - have!.getFloat32(at, true)) <= relative * Math.abs(value);
  });
}

function vectorText(state: TrialState, n: number): string {
  return Array.from(state.xmm.subarray(16 * n, 16 * n + 16), (byte) => byte.toString(16).padStart(2, '0'))
    .reverse()
    .join('');
}

function pageDifferences(a: Uint8Array, b: Uint8Array, tolerance: Tolerance): string[] {
  const lines: string[] = [];
  if (Buffer.compare(a, b) === 0) return lines;
  for (let n = 0; n < a.length && lines.length < 4; n++) {
    if (a[n] !== b[n] && !tolerance.ignoresByte(n)) {
      lines.push(`[page+${hex(n)}]: silicon ${hex(a[n]!)}, core ${hex(b[n]!)}`);
    }
  }
  return lines;
}
