/** Which operands fit which operand patterns. */
import type { Form, Pattern } from './form.ts';
import type { Immediate, Memory, Mode, Operand } from './operand.ts';

/** Whether the operands have the shapes the form wants; ranges of numbers are left to `valuesFit`. */
export function shapesFit(form: Form, operands: readonly Operand[], mode: Mode): boolean {
  return (
    form.operands.length === operands.length &&
    form.operands.every((pattern, n) => shapeFits(pattern, operands[n]!, mode))
  );
}

function shapeFits(pattern: Pattern, operand: Operand, mode: Mode): boolean {
  switch (pattern.kind) {
    case 'register':
      return operand.kind === 'register' && sameClass(pattern.class, operand.class);
    case 'rm':
      if (operand.kind === 'register') return sameClass(pattern.class, operand.class);
      return operand.kind === 'memory' && !operand.far && sizeFits(operand.size, pattern.size);
    case 'memory':
      if (operand.kind !== 'memory' || operand.far !== pattern.far) return false;
      return pattern.size === 0 || sizeFits(operand.size, pattern.size);
    case 'offset':
      return operand.kind === 'memory' && isAbsolute(operand) && sizeFits(operand.size, pattern.size);
    case 'immediate':
      return operand.kind === 'immediate' && operand.distance === '' && immediateShape(pattern, operand);
    case 'one':
      return operand.kind === 'immediate' && !operand.symbolic && operand.value === 1n;
    case 'relative':
      return operand.kind === 'immediate' && relativeShape(pattern.size, operand, mode);
    case 'pointer':
      if (operand.kind !== 'far') return false;
      return operand.size === 0 ? pattern.size === Math.min(mode, 32) : operand.size === pattern.size;
    case 'fixed':
      return (
        operand.kind === 'register' &&
        operand.class === pattern.register.class &&
        operand.number === pattern.register.number
      );
  }
}

const sameClass = (wanted: string, given: string) => wanted === given || (wanted === 'r8' && given === 'r8h');
const sizeFits = (given: number, wanted: number) => given === 0 || given === wanted;

function isAbsolute(memory: Memory): boolean {
  return memory.base < 0 && memory.index < 0 && !memory.relative && memory.addressBits !== 32;
}

/** A number that depends on labels is never squeezed into a sign-extended byte: its value may still move. */
function immediateShape(pattern: Pattern & { kind: 'immediate' }, operand: Immediate): boolean {
  if (operand.symbolic && pattern.signed && pattern.size === 8) return false;
  return operand.size === 0 || operand.size === pattern.size;
}

function relativeShape(size: number, operand: Immediate, mode: Mode): boolean {
  if (operand.distance === 'short') return size === 8;
  if (operand.distance === 'near' && size === 8) return false;
  return size === 8 || size === Math.min(mode, 32);
}

/** Whether an immediate's value can be encoded (for branches, see the encoder). */
export function immediateFits(form: Form, pattern: Pattern & { kind: 'immediate' }, value: bigint): boolean {
  if (!pattern.signed)
    return value >= -(1n << BigInt(pattern.size - 1)) && value < 1n << BigInt(pattern.size);
  const target = BigInt(form.operandSize || 64);
  if (value < -(1n << (target - 1n)) || value >= 1n << target) return false;
  const signed = BigInt.asIntN(Number(target), value);
  return signed === BigInt.asIntN(pattern.size, signed);
}
