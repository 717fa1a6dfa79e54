import type { Form } from './form.ts';
import { arithmetic } from './forms/arithmetic.ts';
import { bits } from './forms/bits.ts';
import { control } from './forms/control.ts';
import { extensions } from './forms/extensions.ts';
import { float } from './forms/float.ts';
import { moves } from './forms/moves.ts';
import { packed } from './forms/packed.ts';
import { sse4 } from './forms/sse4.ts';
import { strings } from './forms/strings.ts';
import { system } from './forms/system.ts';
import { x87 } from './forms/x87.ts';

/** Every instruction form, in the order in which encoders and decoders try them. */
export const FORMS: readonly Form[] = [
  ...[arithmetic, moves, bits, strings, control, system].flat(),
  ...[x87, packed, float, sse4, extensions].flat(),
];

const byMnemonic = new Map<string, Form[]>();
for (const form of FORMS) {
  const list = byMnemonic.get(form.mnemonic);
  if (list === undefined) byMnemonic.set(form.mnemonic, [form]);
  else list.push(form);
}

/** The forms of one mnemonic (lower case), in table order. */
export function formsOf(mnemonic: string): readonly Form[] {
  return byMnemonic.get(mnemonic) ?? [];
}
