/** A word of a register, of code or of what was printed, in words. */
import type { StageHost } from '../../lab/stage/view.ts';
import type { WordView } from '../../lab/stage/word.ts';
import { namesIn } from '../stage/color.ts';
import { fact, hex } from './description.ts';
import type { Description } from './description.ts';

export function describeWord(word: WordView, host: StageHost): Description {
  const { domain, vcpu, value, code, mapping, bytes, isFrame } = word;
  const name = namesIn(host)(domain);
  const number = BigInt(`0x${value}`);
  return {
    title: `0x${value.replace(/^0+(?=.)/, '')}`,
    says: [
      ...addressSays(word, name),
      'Any word may be a number as well: what it is meant for, only the code knows.',
    ],
    facts: [
      ...(code === null ? [] : [fact('function', code.function)]),
      ...(code === null || code.place === '' ? [] : [fact('source', code.place)]),
      ...(mapping === null
        ? []
        : [
            fact('machine frame', hex(mapping.mfn), { kind: 'frame', mfn: mapping.mfn }),
            ...(mapping.pfn < 0 ? [] : [fact(`${name} calls it`, `pfn ${hex(mapping.pfn)}`)]),
            fact('may be written', mapping.writable ? 'yes' : 'no'),
          ]),
      ...(bytes.length === 0 ? [] : [fact('there is', bytes.join(' '))]),
      fact('as a number', number.toLocaleString('en')),
      ...(BigInt.asIntN(64, number) < 0n
        ? [fact('with its sign', BigInt.asIntN(64, number).toLocaleString('en'))]
        : []),
      ...(isFrame
        ? [
            fact('as a frame’s number', 'the machine has such a frame', {
              kind: 'frame',
              mfn: Number(number),
            }),
          ]
        : []),
      fact('read as', `vcpu ${String(vcpu)} of ${name}`, { kind: 'vcpu', domain, vcpu }),
    ],
    header: 'public/arch-x86/xen-x86_64.h',
    source: 'ui/lab/stage/word.ts',
    event: null,
  };
}

/** What it is as an address. */
function addressSays({ value, code, mapping, isAddress }: WordView, name: string): string[] {
  const side = /^[89a-f]/.test(value) ? 'the kernel’s half' : 'the half of programs';
  if (code !== null) return [`An address in the code of ${name}: in ${code.function}.`];
  if (mapping !== null) return [`An address that ${name} has mapped, in ${side} of its address space.`];
  if (isAddress)
    return [
      `As an address, it is in ${side} of the address space of ${name}, where nothing is mapped: whoever touches it has a page fault.`,
    ];
  return [
    'No address: its upper 17 bits are not all the same, and whoever uses it as one has a general protection fault.',
  ];
}
