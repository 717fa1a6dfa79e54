/** One module in two ways: by Node's own compiler, and translated on the core. They must agree to the bit. */
import { typeOfFunction } from '../wasm/module.ts';
import type { ValueType } from '../wasm/module.ts';
import { F32, F64, I32, I64 } from '../wasm/module.ts';
import { FlatProgram } from './flat-program.ts';

export interface Call {
  readonly name: string;
  /** The arguments' bits. */
  readonly args: readonly bigint[];
}

/** What AssemblyScript asks for: a failed assertion traps, here as there. */
const IMPORTS = {
  env: {
    abort: (): never => {
      throw new WebAssembly.RuntimeError('abort');
    },
  },
};

/** A difference in words, or null where both agree in every result and, at the end, in memory. Traps agree, if they may. */
export async function compareRuns(
  wasm: Uint8Array,
  calls: readonly Call[],
  mayTrap = true,
): Promise<string | null> {
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, IMPORTS);
  const flat = new FlatProgram(wasm);
  for (const { name, args } of calls) {
    const type = typeOfFunction(flat.module, flat.module.exportedFunctions.get(name)!);
    const native = instance.exports[name] as (...args: unknown[]) => unknown;
    const expected = outcome(
      () => native(...args.map((bits, n) => toNumber(type.params[n]!, bits))),
      type.results[0],
    );
    const got = flat.call(name, ...args);
    const actual = got.kind === 'trap' ? 'trap' : String(canonical(type.results[0], got.bits));
    if (expected === 'trap' && !mayTrap) return `${name} traps natively`;
    if (actual === expected) continue;
    const shown = args.map((bits) => `0x${bits.toString(16)}`).join(', ');
    const detail = got.kind === 'trap' ? ` (vector ${String(got.vector)} at ${got.rip})` : '';
    return `${name}(${shown}): ${actual}${detail}, but natively ${expected}`;
  }
  return compareMemories(instance.exports['memory'], flat);
}

function compareMemories(native: unknown, flat: FlatProgram): string | null {
  if (!(native instanceof WebAssembly.Memory)) return null;
  const theirs = new Uint8Array(native.buffer);
  const ours = flat.memory();
  if (theirs.length !== ours.length)
    return `memory of ${String(ours.length)} bytes, but natively ${String(theirs.length)}`;
  if (Buffer.compare(ours, theirs) === 0) return null;
  const at = ours.findIndex((byte, n) => byte !== theirs[n]);
  return `memory at ${String(at)}: ${String(ours[at])}, but natively ${String(theirs[at])}`;
}

function outcome(run: () => unknown, type: ValueType | undefined): string {
  try {
    return String(canonical(type, toBits(type, run())));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return 'trap';
    throw error;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function toNumber(type: ValueType, bits: bigint): number | bigint {
  scratch.setBigUint64(0, bits, true);
  if (type === I32) return scratch.getInt32(0, true);
  if (type === I64) return scratch.getBigInt64(0, true);
  return type === F32 ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}

function toBits(type: ValueType | undefined, value: unknown): bigint | undefined {
  if (type === undefined) return undefined;
  scratch.setBigUint64(0, 0n);
  if (type === I32) scratch.setInt32(0, value as number, true);
  else if (type === I64) scratch.setBigInt64(0, value as bigint, true);
  else if (type === F32) scratch.setFloat32(0, value as number, true);
  else scratch.setFloat64(0, value as number, true);
  return scratch.getBigUint64(0, true);
}

/** wasm leaves the bits of a NaN open: all are one here. */
function canonical(type: ValueType | undefined, bits: bigint | undefined): bigint | string | undefined {
  if (bits === undefined) return undefined;
  if (type === F32 && (bits & 0x7fffffffn) > 0x7f800000n) return 'nan';
  if (type === F64 && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n) return 'nan';
  return bits;
}
