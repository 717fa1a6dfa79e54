/**
 * Writes core/wasm/generated/: the main loop (`loop.ts`), its operations as functions (`functions.ts`), from which the
 * translator (core/translator/) takes what they mean, and their numbers (`operations.ts`).
 *
 * The loop is one `switch` over records (core/wasm/record.ts). Most of its cases differ only in operation, operand size
 * and operand form, so they are expanded here from small templates; everything rare is a call to its family's file.
 */
import { AGAIN, FALL, TAKEN, asFunction, enterAfresh, enterAt, inLoop } from './flow.ts';
import { ABORT, SIZES, U64, immediate, loadMemory, readReg, storeMemory, writeReg } from './templates.ts';
import type { Size } from './templates.ts';
import { vectorCases } from './vectors.ts';

const push = (value: string): string =>
  `const sp = load<u64>(REGS + 32) - 8; ${storeMemory(value, U64, 'sp')} store<u64>(REGS + 32, sp);`;

interface Operation {
  readonly compute: string;
  readonly flags: string;
}

/** r = a OP b with its flags; `write` says what happens to r. */
function alu(name: string, size: Size): Operation {
  const { shift, type } = size;
  const flags = (kind: string, source: string): string =>
    `setFlags(${kind}, ${shift}, <u64>r << ${shift}, ${source});`;
  const b = `<u64>b << ${shift}`;
  switch (name) {
    case 'add':
      return { compute: `const r = <${type}>(a + b);`, flags: flags('CC_ADD', b) };
    case 'sub':
    case 'cmp':
      return { compute: `const r = <${type}>(a - b);`, flags: flags('CC_SUB', b) };
    case 'adc':
      return {
        compute: `const r = <${type}>(addCarry(<u64>a << ${shift}, ${b}, ${shift}) >> ${shift});`,
        flags: '',
      };
    case 'sbb':
      return {
        compute: `const r = <${type}>(subtractBorrow(<u64>a << ${shift}, ${b}, ${shift}) >> ${shift});`,
        flags: '',
      };
    default: {
      const operator = { or: '|', and: '&', xor: '^', test: '&' }[name];
      return { compute: `const r = <${type}>(a ${operator} b);`, flags: flags('CC_LOGIC', '0') };
    }
  }
}

const ALU = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'];
const readsOnly = (name: string): boolean => name === 'cmp' || name === 'test';

/** Read-modify-write of memory at `addressOf(p)`: `a` becomes `r`. */
function modifyMemory(size: Size, { compute, flags }: Operation, write = true): string {
  if (!write) return `${loadMemory('a', size)} ${compute} ${flags}`;
  return `const address = addressOf(p); const e = tlbEntry(address);
  if (load<u64>(e, 8) == ((address + ${size.bytes - 1}) & PAGE_MASK)) {
    const host = <u32>address + load<u32>(e, 24); const a = load<${size.type}>(host); ${compute} store<${size.type}>(host, r); ${flags}
  } else {
    if (!writable(address, ${size.bytes})) ${ABORT}
    const a = <${size.type}>readSlow(address, ${size.bytes}); ${compute} writeSlow(address, ${size.bytes}, <u64>r); ${flags}
  }`;
}

const cases: { readonly name: string; readonly body: string }[] = [];
const add = (name: string, body: string): void => void cases.push({ name, body });
for (const form of ['RR', 'RI', 'RM', 'MR', 'MI']) {
  for (const name of [...ALU, 'test']) {
    for (const size of SIZES) {
      const operation = alu(name, size);
      const { compute, flags } = operation;
      const result = readsOnly(name) ? '' : writeReg('regOf', size, 'r');
      const a = `const a = ${readReg('regOf', size)};`;
      const body = {
        RR: `${a} const b = ${readReg('rmOf', size)}; ${compute} ${result} ${flags}`,
        RI: `${a} const b = ${immediate(size)}; ${compute} ${result} ${flags}`,
        RM: `${loadMemory('b', size)} ${a} ${compute} ${result} ${flags}`,
        MR: `const b = ${readReg('regOf', size)}; ${modifyMemory(size, operation, !readsOnly(name))}`,
        MI: `const b = ${immediate(size)}; ${modifyMemory(size, operation, !readsOnly(name))}`,
      }[form]!;
      add(`ALU_${form}_${name}_${size.type}`, body);
    }
  }
}

for (const size of SIZES) add(`MOV_RR_${size.type}`, writeReg('regOf', size, readReg('rmOf', size)));
for (const size of SIZES) add(`MOV_RI_${size.type}`, writeReg('regOf', size, immediate(size)));
for (const size of SIZES)
  add(`MOV_RM_${size.type}`, `${loadMemory('value', size)} ${writeReg('regOf', size, 'value')}`);
for (const size of SIZES) add(`MOV_MR_${size.type}`, storeMemory(readReg('regOf', size), size));
for (const size of SIZES) add(`MOV_MI_${size.type}`, storeMemory(immediate(size), size));
// The commonest addresses are base + displacement.
const BASE = 'load<u64>(REGS + <u32>load<u8>(p, 4)) + <u64><i64>dispOf(p)';
for (const size of SIZES)
  add(`MOV_RB_${size.type}`, `${loadMemory('value', size, BASE)} ${writeReg('regOf', size, 'value')}`);
for (const size of SIZES) add(`MOV_BR_${size.type}`, storeMemory(readReg('regOf', size), size, BASE));
add('MOV_R64_I64', 'store<u64>(REGS + regOf(p), load<u64>(p, 8));');

const EXTENSIONS: readonly (readonly [name: string, to: string, from: string, index: 0 | 1 | 2])[] = [
  ['ZX_16_8', 'u16', 'u8', 0],
  ['ZX_32_8', 'u32', 'u8', 0],
  ['ZX_32_16', 'u32', 'u16', 1],
  ['SX_16_8', 'i16', 'i8', 0],
  ['SX_32_8', 'i32', 'i8', 0],
  ['SX_32_16', 'i32', 'i16', 1],
  ['SX_64_8', 'i64', 'i8', 0],
  ['SX_64_16', 'i64', 'i16', 1],
  ['SX_64_32', 'i64', 'i32', 2],
];
for (const [name, to, from, index] of EXTENSIONS) {
  const size = SIZES[index];
  const result = (value: string): string => {
    const extended = `<${to}><${from}>${value}`;
    if (to.endsWith('16')) return `store<u16>(REGS + regOf(p), <u16>${extended});`;
    return `store<u64>(REGS + regOf(p), <u64>${to.endsWith('32') ? '<u32>' : ''}${extended});`;
  };
  add(`MOV${name}_R`, result(readReg('rmOf', size)));
  add(`MOV${name}_M`, `${loadMemory('value', size)} ${result('value')}`);
}

add('LEA_16', 'store<u16>(REGS + regOf(p), <u16>addressOf(p));');
add('LEA_32', 'store<u64>(REGS + regOf(p), <u64><u32>addressOf(p));');
add('LEA_64', 'store<u64>(REGS + regOf(p), addressOf(p));');

// Addresses with more than base + index + displacement: `rm` is a segment base (or SLOT_ZERO).
add('ADDRESS_64', 'store<u64>(REGS + SLOT_ADDRESS * 8, addressOf(p) + load<u64>(REGS + rmOf(p)));');
add('ADDRESS_32', 'store<u64>(REGS + SLOT_ADDRESS * 8, <u64><u32>addressOf(p) + load<u64>(REGS + rmOf(p)));');
add('ADDRESS_ABSOLUTE', 'store<u64>(REGS + SLOT_ADDRESS * 8, load<u64>(p, 8) + load<u64>(REGS + rmOf(p)));');
add('ADDRESS_COMPATIBILITY', `compatibilityAddress(p); if (faulted()) ${ABORT}`);

add('PUSH_R', push('load<u64>(REGS + regOf(p))'));
add('PUSH_I', push('<u64><i64>immOf(p)'));
add('PUSH_M', `${loadMemory('value', U64)} ${push('value')}`);
add(
  'POP_R',
  `${loadMemory('value', U64, 'load<u64>(REGS + 32)')} store<u64>(REGS + 32, address + 8); store<u64>(REGS + regOf(p), value);`,
);
add(
  'LEAVE',
  `${loadMemory('value', U64, 'load<u64>(REGS + 40)')} store<u64>(REGS + 32, address + 8); store<u64>(REGS + 40, value);`,
);

for (const size of SIZES) {
  const top = `<u64>r << ${size.shift}`;
  const step = (a: string, sign: string): Operation => ({
    compute: `const r = <${size.type}>(${a} ${sign} 1);`,
    flags: `setResultAndBits(${size.shift}, ${top}, stepBits(${top}, ${size.shift}, ${sign === '+' ? 'true' : 'false'}));`,
  });
  const unary: readonly (readonly [string, Operation])[] = [
    ['INC', step('a', '+')],
    ['DEC', step('a', '-')],
    ['NOT', { compute: `const r = <${size.type}>~a;`, flags: '' }],
    [
      'NEG',
      {
        compute: `const r = <${size.type}>(0 - a);`,
        flags: `setFlags(CC_SUB, ${size.shift}, ${top}, <u64>a << ${size.shift});`,
      },
    ],
  ];
  for (const [name, operation] of unary) {
    const { compute, flags } = operation;
    add(
      `${name}_R_${size.type}`,
      `const a = ${readReg('regOf', size)}; ${compute} ${writeReg('regOf', size, 'r')} ${flags}`,
    );
    add(`${name}_M_${size.type}`, modifyMemory(size, operation));
  }
}

// Shifts by a constant other than 0; CF is the last bit out, OF is defined for a count of 1 and follows the same rule here.
for (const size of SIZES.slice(2)) {
  const bits = size.bytes * 8;
  const signed = size.type.replace('u', 'i');
  const shifts = {
    SHL: ['a << n', `<u32>(a >> (${bits} - n)) & 1`, `(<u32>(r >> ${bits - 1}) ^ c)`],
    SHR: ['a >> n', '<u32>(a >> (n - 1)) & 1', `<u32>((r ^ (r << 1)) >> ${bits - 1})`],
    SAR: [`<${size.type}>(<${signed}>a >> n)`, `<u32>(<${signed}>a >> (n - 1)) & 1`, '0'],
  };
  for (const [name, [result, out, over]] of Object.entries(shifts)) {
    add(
      `${name}_RI_${size.type}`,
      `const a = ${readReg('regOf', size)}; const n = <${size.type}>immOf(p); const r: ${size.type} = ${result}; const c = ${out};
       ${writeReg('regOf', size, 'r')} setResultAndBits(${size.shift}, <u64>r << ${size.shift}, c | (${over} << 11));`,
    );
  }
}

for (const size of SIZES.slice(2)) {
  const multiply = (b: string): string =>
    `${writeReg('regOf', size, `multiply${size.bytes * 8}(${readReg('regOf', size).replace('regOf', '%')}, ${b})`)}`;
  const body = (source: string, b: string): string => multiply(b).replace('%(p)', `${source}(p)`);
  add(`IMUL_RR_${size.type}`, body('regOf', readReg('rmOf', size)));
  add(`IMUL_RM_${size.type}`, `${loadMemory('value', size)} ${body('regOf', 'value')}`);
  add(`IMUL_RRI_${size.type}`, body('rmOf', immediate(size)));
  add(
    `IMUL_RMI_${size.type}`,
    `${loadMemory('value', size)} ${writeReg('regOf', size, `multiply${size.bytes * 8}(value, ${immediate(size)})`)}`,
  );
}

add('NOP', '');
add('SETCC_R', 'store<u8>(REGS + regOf(p), condition(<u32>immOf(p)));');
add('SETCC_M', storeMemory('condition(<u32>immOf(p))', SIZES[0]));
for (const size of SIZES.slice(1)) {
  const otherwise = size.bytes === 4 ? ' else store<u32>(REGS + regOf(p), 0, 4);' : '';
  add(
    `CMOV_R_${size.type}`,
    `if (condition(<u32>immOf(p))) { ${writeReg('regOf', size, readReg('rmOf', size))} }${otherwise}`,
  );
  add(
    `CMOV_M_${size.type}`,
    `${loadMemory('value', size)} if (condition(<u32>immOf(p))) { ${writeReg('regOf', size, 'value')} }${otherwise}`,
  );
}

// Families that are called.
add('INTEGER', `integer(p); if (faulted()) ${ABORT}`);
add(
  'STRING',
  `string(p); if (faulted()) ${ABORT}
  if (load<u32>(STRING_AGAIN)) { store<u32>(STRING_AGAIN, 0); if (!remaining) return again(p, block); ${AGAIN} }`,
);
add('SYSTEM', `countRetired(p, block, remaining); system(p); if (faulted()) ${ABORT}`);
add('STACK', `stack(p); if (faulted()) ${ABORT}`);
add('X87', `if (!fpuAvailable(p)) ${ABORT} x87(p); if (faulted()) ${ABORT}`);
for (const [name, call] of [
  ['SSE_0F', 'sse0f'],
  ['SSE_38', 'sse38'],
  ['SSE_3A', 'sse3a'],
]) {
  add(name!, `if (!sseAvailable(p)) ${ABORT} ${call}(p); if (faulted()) ${ABORT}`);
}

for (const { name, body } of vectorCases) add(name, body);

// What ends a block.
add(
  'CONTROL',
  `countRetired(p, block, remaining); control(p); if (faulted()) return leaveControl(p, block, remaining); afterControl();
  if (load<u32>(SYSTEM_FLAGS) & TF) return remaining;
  ${enterAfresh('load<u64>(RIP)')}`,
);
add('STACK_CONTROL', `stackControl(p); if (faulted()) ${ABORT} ${enterAt('load<u64>(RIP)')}`);
add('FALL', FALL);
add('STOP', 'return stopped(p, block, remaining);');
add('BAD', `raise(<u32>immOf(p), 0); ${ABORT}`);
add('JMP', TAKEN);
add(
  'JMP_R',
  `const target = load<u64>(REGS + regOf(p)); if (!isCanonical(target)) { raise(VECTOR_GP, 0); ${ABORT} } ${enterAt('target')}`,
);
add(
  'JMP_M',
  `${loadMemory('target', U64)} if (!isCanonical(target)) { raise(VECTOR_GP, 0); ${ABORT} } ${enterAt('target')}`,
);
const NEXT = 'pageBase() + <u64>load<u16>(block, BLOCK_END)';
add('CALL', `${push(NEXT)} ${TAKEN}`);
add(
  'CALL_R',
  `const target = load<u64>(REGS + regOf(p)); if (!isCanonical(target)) { raise(VECTOR_GP, 0); ${ABORT} } ${push(NEXT)} ${enterAt('target')}`,
);
add(
  'CALL_M',
  `${loadMemory('target', U64)} if (!isCanonical(target)) { raise(VECTOR_GP, 0); ${ABORT} } ${push(NEXT)} ${enterAt('target')}`,
);
add(
  'RET',
  `${loadMemory('target', U64, 'load<u64>(REGS + 32)')} if (!isCanonical(target)) { raise(VECTOR_GP, 0); ${ABORT} }
  store<u64>(REGS + 32, address + 8 + <u64><u32>dispOf(p)); ${enterAt('target')}`,
);
add('LOOP', `if (loopTaken(p)) ${TAKEN} ${FALL}`);

const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
CONDITIONS.forEach((name, code) => {
  const test =
    { e: 'zero()', ne: '!zero()', b: 'carry()', ae: '!carry()', s: 'sign()', ns: '!sign()' }[name] ??
    `condition(${code})`;
  add(`JCC_${name}`, `if (${test}) ${TAKEN} ${FALL}`);
});

/** Condition after a comparison, without going through the flags; undefined where the flags are needed. */
const compared = (name: string, size: Size): string | undefined => {
  const signed = size.type.replace('u', 'i');
  const tests: Readonly<Record<string, string>> = {
    b: 'a < b',
    ae: 'a >= b',
    e: 'a == b',
    ne: 'a != b',
    be: 'a <= b',
    a: 'a > b',
    s: `<${signed}>r < 0`,
    ns: `<${signed}>r >= 0`,
    l: `<${signed}>a < <${signed}>b`,
    ge: `<${signed}>a >= <${signed}>b`,
    le: `<${signed}>a <= <${signed}>b`,
    g: `<${signed}>a > <${signed}>b`,
  };
  return tests[name];
};
const tested = (name: string, size: Size): string | undefined => {
  const signed = size.type.replace('u', 'i');
  const tests: Readonly<Record<string, string>> = {
    b: 'false',
    ae: 'true',
    e: 'r == 0',
    ne: 'r != 0',
    be: 'r == 0',
    a: 'r != 0',
    s: `<${signed}>r < 0`,
    ns: `<${signed}>r >= 0`,
    l: `<${signed}>r < 0`,
    ge: `<${signed}>r >= 0`,
    le: `<${signed}>r <= 0`,
    g: `<${signed}>r > 0`,
  };
  return tests[name];
};
for (const [kind, form] of [
  ['cmp', 'RR'],
  ['cmp', 'RI'],
  ['test', 'RR'],
  ['test', 'RI'],
] as const) {
  for (const size of [SIZES[0], SIZES[2], SIZES[3]]) {
    CONDITIONS.forEach((name) => {
      const test = (kind === 'cmp' ? compared : tested)(name, size);
      const { compute, flags } = alu(kind, size);
      const b = form === 'RR' ? readReg('rmOf', size) : immediate(size);
      const body =
        test === undefined
          ? `return stopped(p, block, remaining);`
          : `const a = ${readReg('regOf', size)}; const b = ${b}; ${compute} ${flags} if (${test}) ${TAKEN} ${FALL}`;
      add(`${kind.toUpperCase()}_${form}_${size.type}_JCC_${name}`, body);
    });
  }
}

/** Bases that the decoder computes operation numbers from. */
const BASES = {
  OP_ALU: 'ALU_RR_add_u8',
  OP_MOV_RR: 'MOV_RR_u8',
  OP_MOV_RI: 'MOV_RI_u8',
  OP_MOV_RM: 'MOV_RM_u8',
  OP_MOV_MR: 'MOV_MR_u8',
  OP_MOV_MI: 'MOV_MI_u8',
  OP_MOV_RB: 'MOV_RB_u8',
  OP_MOV_BR: 'MOV_BR_u8',
  OP_LEA: 'LEA_16',
  OP_UNARY: 'INC_R_u8',
  OP_SHIFT: 'SHL_RI_u32',
  OP_IMUL: 'IMUL_RR_u32',
  OP_CMOV: 'CMOV_R_u16',
  OP_JCC: 'JCC_o',
  OP_FUSED: 'CMP_RR_u8_JCC_o',
};

/** What both forms of the operations import. */
const imports = `
import { addCarry, multiply32, multiply64, stepBits, subtractBorrow } from '../alu';
import { BLOCK_END } from '../block-header';
import { control } from '../control';
import { faulted, raise } from '../fault';
import { CC_ADD, CC_LOGIC, CC_SUB, carry, condition, setFlags, setResultAndBits, sign, zero } from '../flags';
import { sseAdd64, sseDiv64, sseMul64, sseSub64 } from '../float/sse';
import { integer } from '../integer';
import { CURRENT_BLOCK, REGS, RIP, SLOT_ADDRESS, STRING_AGAIN, SYSTEM_FLAGS, TF, VECTOR_GP, XMM } from '../layout';
import { readSlow, writable, writeSlow } from '../memory';
import { PAGE_MASK, isCanonical, tlbEntry } from '../paging';
import { addressOf, dispOf, immOf, regOf, rmOf } from '../record';
import { abort, afterControl, again, compatibilityAddress, countRetired, fpuAvailable, leaveControl, loopTaken, pageBase,
  sseAvailable, stopped } from '../leave';
import { simdException } from '../simd/operands';
import { sse0f } from '../simd/sse0f';
import { sse38 } from '../simd/sse38';
import { sse3a } from '../simd/sse3a';
import { stack, stackControl } from '../stack';
import { string } from '../string';
import { system } from '../system';
import { x87 } from '../x87/x87';
`;

export function generate() {
  const number = new Map(cases.map(({ name }, index) => [name, index]));
  const header = '/** Generated by core/dispatch/dispatch.ts. */\n';
  const operations =
    header +
    Object.entries(BASES)
      .map(([name, first]) => `export const ${name}: u32 = ${number.get(first)};\n`)
      .join('') +
    cases
      .filter(({ name }) => !/_u(8|16|32|64)/.test(name))
      .map(({ name }) => `export const OP_${name}: u32 = ${number.get(name)};\n`)
      .join('');
  const loop = `${header}${imports}
import { BLOCK_COUNT, BLOCK_RECORDS, BLOCK_TAKEN, BLOCK_FALL, BLOCK_HEAT } from '../block-header';
import { follow, lookup, resolve } from '../blocks';
import { leave, stopAt } from '../leave';
import { handOver } from '../handover';

/** Executes blocks from \`block\` on, at most \`remaining\` instructions; returns how many are left. See tiers.ts. */
export function execute(block: u32, remaining: i32): i32 {
  let p = block + BLOCK_RECORDS;
  remaining -= <i32>load<u32>(block, BLOCK_COUNT);
  store<u32>(CURRENT_BLOCK, block);
  while (true) {
    switch (load<u16>(p)) {
${cases.map(({ name, body }, index) => `      case ${index}: { /* ${name} */ ${inLoop(body)} }`).join('\n')}
      default: unreachable();
    }
    p += 16;
  }
}
`;
  const functions = `${header}${imports}
import { again_, enter_, fall_, next_, taken_ } from '../flow';

${cases.map(({ name, body }, index) => `export function operation${index}_${name}(p: u32, block: u32, remaining: i32): i32 { ${asFunction(body)} }`).join('\n')}
`;
  return { operations, loop, functions };
}
