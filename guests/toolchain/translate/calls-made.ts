/** What a body calls, found before it is translated: calls destroy registers and need room for arguments. */
import type { Body } from '../wasm/instructions.ts';
import { stackArguments } from './arguments.ts';
import type { Context } from './context.ts';
import { CALLING } from './families.ts';
import { INTRINSICS } from './intrinsics.ts';

const CALL = 0x10;
const CALL_INDIRECT = 0x11;

/** Whether any instruction of the body destroys the registers that a call does. */
export function calls(context: Context, body: Body): boolean {
  return body.opcodes.some((opcode, n) => {
    if (opcode !== CALL) return opcode === CALL_INDIRECT || CALLING.has(opcode);
    const imported = context.module.imports[body.a[n]!];
    if (imported === undefined) return true;
    return INTRINSICS[`${imported.module}.${imported.name}`]?.calls ?? true;
  });
}

/** Words that the calls of the body need at the bottom of the frame for arguments. */
export function outgoingSlots(context: Context, body: Body): number {
  let slots = 0;
  body.opcodes.forEach((opcode, n) => {
    if (opcode === CALL) slots = Math.max(slots, stackArguments(context.typeOf(body.a[n]!).params));
    else if (opcode === CALL_INDIRECT)
      slots = Math.max(slots, stackArguments(context.module.types[body.a[n]!]!.params));
  });
  return slots;
}
