/** Example operands for every form: what coverage tests and round trips run through. */
import { registerNamed } from './registers.ts';
import type { Form, Pattern } from './form.ts';
import type { Memory, Mode, Operand } from './operand.ts';
import type { Register, RegisterClass } from './registers.ts';

const MEMORY: Memory = {
  ...{ kind: 'memory', size: 0, far: false, segment: -1, base: -1, index: -1, scale: 1, addressBits: 0 },
  ...{ displacement: 0n, relative: false, symbolic: false },
};

/**
 * Addressing modes by mode of the processor: bare, displaced, indexed, absolute, RIP-relative, overridden.
 */
const ADDRESSES: Readonly<Record<Mode, readonly Partial<Memory>[]>> = {
  64: [
    { base: 3, addressBits: 64 },
    { base: 5, displacement: -8n, addressBits: 64 },
    { base: 12, index: 13, scale: 4, displacement: 0x1234n, addressBits: 64 },
    { base: 4, displacement: 0x40n, addressBits: 64 },
    { index: 9, scale: 8, displacement: 0x2000n, addressBits: 64 },
    { displacement: 0x12345678n },
    { displacement: 0x402000n, relative: true },
    { base: 6, index: 7, displacement: 0x7fn, segment: 5, addressBits: 64 },
    { base: 1, displacement: 0x80n, addressBits: 32 },
  ],
  32: [
    { base: 3, addressBits: 32 },
    { base: 5, displacement: -8n, addressBits: 32 },
    { base: 4, index: 7, scale: 4, displacement: 0x1234n, addressBits: 32 },
    { displacement: 0x12345678n },
    { base: 6, segment: 4, addressBits: 32 },
    { base: 3, index: 6, displacement: 4n, addressBits: 16 },
  ],
  16: [
    { base: 3, index: 6, addressBits: 16 },
    { base: 5, displacement: 4n, addressBits: 16 },
    { base: 7, displacement: 0x1234n, segment: 0, addressBits: 16 },
    { displacement: 0x1234n },
    { base: 0, index: 1, scale: 2, addressBits: 32 },
  ],
};

/**
 * Operand lists for the form in that mode: register variants first, then one for each way to address memory.
 */
export function exampleOperands(form: Form, mode: Mode): Operand[][] {
  const memoryAt = form.operands.findIndex(
    ({ kind }) => kind === 'rm' || kind === 'memory' || kind === 'offset',
  );
  const lists: Operand[][] = [];
  const takesRegisters = memoryAt < 0 || form.operands[memoryAt]!.kind === 'rm';
  for (let variant = 0; takesRegisters && variant < (mode === 64 ? 3 : 2); variant++) {
    lists.push(form.operands.map((pattern, n) => example(pattern, n, variant)));
  }
  if (memoryAt < 0) return lists;
  const pattern = form.operands[memoryAt] as Pattern & { kind: 'rm' | 'memory' | 'offset' };
  const addresses = ADDRESSES[mode].filter(
    (address) =>
      pattern.kind !== 'offset' || (address.addressBits === undefined && address.relative !== true),
  );
  for (const address of addresses) {
    const far = pattern.kind === 'memory' && pattern.far;
    const memory: Memory = { ...MEMORY, ...address, size: pattern.size, far };
    lists.push(form.operands.map((other, n) => (n === memoryAt ? memory : example(other, n, 0))));
  }
  return lists;
}

function example(pattern: Pattern, n: number, variant: number): Operand {
  switch (pattern.kind) {
    case 'register':
    case 'rm':
      return exampleRegister(pattern.class, n, variant);
    case 'fixed':
      return pattern.register;
    case 'one':
      return number(1n);
    case 'immediate':
      if (pattern.signed) return number(variant === 1 ? -2n : 0x12n);
      return number(BigInt.asUintN(pattern.size, 0xfedcba9876543210n >> BigInt(4 * variant)));
    case 'relative':
      return number(0x401040n);
    case 'pointer':
      return { kind: 'far', selector: 0x33n, offset: 0x1234n, size: pattern.size };
    case 'memory':
    case 'offset':
      return MEMORY;
  }
}

function exampleRegister(kind: RegisterClass, n: number, variant: number): Register {
  if (kind === 'r8' && variant === 1) return registerNamed(n === 0 ? 'ch' : 'bh')!;
  const low = [1, 2, 6, 7];
  const number = (low[n] ?? 0) + (variant === 2 && isExtensible(kind) ? 8 : 0);
  if (kind === 'sreg' || kind === 'cr')
    return { kind: 'register', class: kind, number: kind === 'cr' ? 3 : 3 + variant };
  return { kind: 'register', class: kind, number: kind === 'r8' && variant === 0 ? number & 3 : number };
}

const isExtensible = (kind: RegisterClass) => ['r8', 'r16', 'r32', 'r64', 'xmm'].includes(kind);

function number(value: bigint): Operand {
  return { kind: 'immediate', value, size: 0, distance: '', symbolic: false };
}
