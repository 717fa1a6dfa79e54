/** The one table of explanations: that nothing is missing in it, that what it names is there, and that no event makes it throw. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { namesOf } from '../../../hypervisor/abi/names.ts';
import * as xen from '../../../hypervisor/abi/xen.ts';
import { Random } from '../../../hypervisor/fuzz/random.ts';
import { hypercallOf, NR_HYPERCALLS } from '../../../hypervisor/hypercalls/table.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import { givenTo } from '../../../hypervisor/trace/given.ts';
import { membersOf } from '../../../hypervisor/trace/plain.ts';
import type { Plain, PlainValue } from '../../../hypervisor/trace/values.ts';
import { POINTING } from '../../../hypervisor/trace/pointed.ts';
import { EVENT_KINDS } from '../../../hypervisor/trace/text.ts';
import { explain, isFailure, sentenceOf } from './explain.ts';
import type { CallRow, HeaderName, SourceName } from './explanation.ts';
import { HYPERCALL_ROWS } from './hypercalls.ts';
import { KIND_ROWS } from './kinds.ts';
import { fieldsOf, FORMATS } from './words.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NAMES = new Map([
  [0, 'Domain-0'],
  [1, 'web'],
]);

/** Every row of a hypercall or of its commands, with what names it. */
function callRows(): [name: string, command: string | null, row: CallRow][] {
  return Object.entries(HYPERCALL_ROWS).flatMap(([name, { row, commands }]) => [
    [name, null, row] as [string, null, CallRow],
    ...Object.entries(commands).map(([command, each]): [string, string, CallRow] => [name, command, each]),
  ]);
}

describe('nothing is missing', () => {
  test('every kind of event', () => {
    expect(['hypercall', ...Object.keys(KIND_ROWS)].sort()).toEqual([...EVENT_KINDS].sort());
  });

  test('every hypercall of Xen’s headers, and every one that is here', () => {
    const inHeaders = namesOf(xen, 'HYPERVISOR_').map((name) => name.slice('HYPERVISOR_'.length));
    const here = Array.from({ length: NR_HYPERCALLS }, (_, number) => hypercallOf(number)?.name);
    const all = [...inHeaders, ...here].filter((name) => name !== undefined);
    expect([...new Set(all)].filter((name) => HYPERCALL_ROWS[name] === undefined)).toEqual([]);
    expect(Object.keys(HYPERCALL_ROWS).filter((name) => !all.includes(name))).toEqual([]);
  });

  test('every command of each, and none that there is not', () => {
    for (const [name, { commands }] of Object.entries(POINTING)) {
      const old = /_compat$/.test(name);
      const rows = Object.keys(HYPERCALL_ROWS[name]!.commands).sort();
      const all = Object.values(commands).sort();
      if (old) expect(all, name).toEqual(expect.arrayContaining(rows));
      else expect(rows, name).toEqual(all);
    }
    const others = Object.entries(HYPERCALL_ROWS).filter(([name]) => POINTING[name] === undefined);
    expect(others.filter(([, { commands }]) => Object.keys(commands).length > 0)).toEqual([]);
  });

  test('what an error means is said in a clause', () => {
    for (const [name, { errors, commands }] of Object.entries(HYPERCALL_ROWS))
      for (const meaning of [errors, ...Object.values(commands).map((each) => each.errors)].flatMap(
        Object.values,
      ))
        expect(meaning, name).toMatch(/^\S.*[^.]$/);
  });
});

describe('what it says is well said', () => {
  test('a sentence goes on behind who does it; what it is for is one or two sentences', () => {
    for (const [name, command, { says, why }] of callRows()) {
      expect(says, `${name} ${String(command)}`).toMatch(/^[a-z{].*[^.]$/);
      expect(why, `${name} ${String(command)}`).toMatch(
        /^\S.{10,}\.$|^`xm [a-z-]+`(\.|, .*\.|: .*\.)$|^In bytes\.$/,
      );
    }
    for (const [kind, { title, why }] of Object.entries(KIND_ROWS)) {
      expect(title, kind).not.toBe('');
      expect(why, kind).toMatch(/\.$/);
    }
  });

  test('every value that a sentence names is an argument or a member of the structure, and is said in a way that there is', () => {
    for (const [name, command, { says, gives }] of callRows()) {
      const known = knownValues(name, command);
      for (const { name: field, format } of fieldsOf(says)) {
        expect(known, `${name} ${String(command)}: ${says}`).toContain(field);
        if (format !== '') expect(FORMATS, says).toHaveProperty(format);
      }
      for (const { name: field, format } of fieldsOf(gives)) {
        expect([...known, 'result'], `${name} ${String(command)}: ${gives}`).toContain(field);
        if (format !== '') expect(FORMATS, gives).toHaveProperty(format);
      }
    }
  });
});

function knownValues(name: string, command: string | null): readonly string[] {
  const number = namesOf(xen, 'HYPERVISOR_').indexOf(`HYPERVISOR_${name}`);
  const args = hypercallOf(number)?.args.map((argument) => argument.name) ?? [];
  const { head = null, layouts = {} } = Object.hasOwn(POINTING, name) ? POINTING[name]! : {};
  const own = command !== null && Object.hasOwn(layouts, command) ? layouts[command] : null;
  const members = [head, own].flatMap((layout) => (layout ? membersOf(layout).map(({ path }) => path) : []));
  return [...args, ...members];
}

describe('what it names is there', () => {
  const abi = readdirSync(`${ROOT}hypervisor/abi`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(`${ROOT}hypervisor/abi/${file}`, 'utf8'));

  /** That file of Xen's is one of those that a file of ours says it has its names from, and that exports it. */
  function isInHeader({ file, symbol }: HeaderName): boolean {
    const name = symbol.replace(/^__HYPERVISOR_/, 'HYPERVISOR_');
    const from = new RegExp(`\\b${file.split('/').at(-1)!.replace('.', '\\.')}\\b`);
    return abi.some((text) => from.test(text) && new RegExp(`export const ${name}\\b`).test(text));
  }

  function isInSource({ path, name }: SourceName): boolean {
    if (!existsSync(`${ROOT}${path}`)) return false;
    const exported = new RegExp(`export (const|function|class) ${name}\\b`);
    return exported.test(readFileSync(`${ROOT}${path}`, 'utf8'));
  }

  test.each(Object.entries(KIND_ROWS))('%s', (_, { header, source }) => {
    expect(header === null || isInHeader(header), JSON.stringify(header)).toBe(true);
    expect(isInSource(source), JSON.stringify(source)).toBe(true);
  });

  test.each(Object.keys(HYPERCALL_ROWS))('%s and its commands', (name) => {
    const { header, row, commands } = HYPERCALL_ROWS[name]!;
    expect(isInHeader({ file: 'xen.h', symbol: `__HYPERVISOR_${name}` })).toBe(true);
    expect(isInSource(row.source), JSON.stringify(row.source)).toBe(true);
    for (const [command, each] of Object.entries(commands)) {
      expect(isInHeader({ file: header, symbol: command }), `${header} ${command}`).toBe(!each.isOurs);
      expect(isInSource(each.source), JSON.stringify(each.source)).toBe(true);
    }
  });
});

type Call = Extract<TraceDetail, { kind: 'hypercall' }>;

function callOf(name: string, words: readonly number[], structures: readonly Plain[] = []): Call {
  const number = namesOf(xen, 'HYPERVISOR_').indexOf(`HYPERVISOR_${name}`);
  const given = givenTo(name, Uint32Array.from(words), () => false);
  return {
    ...{ kind: 'hypercall', number, name, words, args: '', result: 0, gave: [], refusal: null },
    given: { ...given, structures, count: structures.length },
  };
}

function eventOf(detail: TraceDetail, domain = 1): TraceEvent {
  return { ticks: 0, domain, vcpu: 0, depth: 0, detail };
}

describe('sentences', () => {
  const tell = (detail: TraceDetail): string => sentenceOf(eventOf(detail), NAMES);
  const bind = callOf('event_channel_op', [0, 0, 0, 0], [{ remote_dom: 0, remote_port: 3, local_port: 0 }]);

  test('who does what, with names; what came of it', () => {
    expect(tell({ ...bind, gave: [{ local_port: 7 }] })).toBe(
      'web (dom 1) plugs a new port of its own into port 3 of Domain-0 (dom 0) → its own end is port 7',
    );
  });

  test('a refusal by its name, and why: what it means here, or what the check had to say', () => {
    expect(tell({ ...bind, result: -22 })).toMatch(/ — EINVAL: that port is not waiting for this domain$/);
    expect(tell({ ...bind, result: -3 })).toMatch(/ — ESRCH: there is no such domain$/);
    const refusal = 'port 3 of domain 0 is closed';
    expect(tell({ ...bind, result: -22, refusal })).toMatch(/ — EINVAL: port 3 of domain 0 is closed$/);
    expect(isFailure(eventOf({ ...bind, result: -22 }))).toBe(true);
    expect(isFailure(eventOf(bind))).toBe(false);
  });

  test('of a grant that is refused the status, though the call gives 0', () => {
    const given = { host_addr: 4096, flags: 2, ref: 8, dom: 0, status: 0, handle: 0, dev_bus_addr: 0 };
    const map = {
      ...callOf('grant_table_op', [0, 0, 0, 0, 2, 0], [given, given]),
      gave: [{ status: -3 }, {}],
    };
    expect(tell(map)).toBe(
      'web (dom 1) asks Xen to map the frame that Domain-0 (dom 0) granted as reference 8, for the processor, at 0x1000, and 1 more such — GNTST_bad_gntref: the reference is beyond the granter’s table',
    );
    expect(isFailure(eventOf(map))).toBe(true);
  });

  test('of memory, how much was done, and which check ended it', () => {
    const given = { extent_start: 4096, nr_extents: 64, extent_order: 0, mem_flags: 0, domid: 0x7ff0 };
    const refusal = 'domain 1 has 8192 pages, and may have 8192: 1 more are too many';
    const populate = { ...callOf('memory_op', [6, 0, 0, 0], [given]), result: 12, refusal };
    expect(tell(populate)).toBe(
      `web (dom 1) asks for memory at 64 places of itself, each a page → done: 12, then: ${refusal}`,
    );
    expect(explain(eventOf(populate), NAMES).refusal).toBe(refusal);
    const whole = { ...populate, result: 64, refusal: null };
    expect(tell(whole)).toMatch(/ → done: 64$/);
    expect(explain(eventOf(whole), NAMES).result).toBe('It is done: done: 64.');
    expect(explain(eventOf(callOf('sched_op', [1, 0, 0, 0])), NAMES).result).toBe('It is done.');
  });

  test('a page-table entry in words', () => {
    const words = [0xffff_f000, 0xffff_ffff, 0x27f9_1067, 0x8000_0000, 0, 0];
    expect(tell(callOf('update_va_mapping', words))).toBe(
      'web (dom 1) has 0xfffffffffffff000 map frame 0x27f91, writable, user, accessed, dirty, not executable',
    );
  });

  test('what cannot be read is not told as if it were known', () => {
    expect(tell({ ...callOf('event_channel_op', [4, 0, 0, 0]), result: -14 })).toBe(
      'web (dom 1) notifies the other end of its port ? — EFAULT: the structure cannot be read or written at that address',
    );
  });

  test('of what there is none of, that', () => {
    expect(tell({ ...callOf('hvm_op', []), name: 'unknown 34', result: -38 })).toMatch(
      /fully virtualized.*ENOSYS/,
    );
    expect(tell({ ...callOf('x', []), number: 63, name: 'unknown 63', result: -38 })).toMatch(
      /none of — ENOSYS/,
    );
    expect(tell({ ...callOf('sched_op', [77, 0]), result: -38 })).toMatch(/unknown scheduling operation/);
  });
});

test('no event makes a teller throw, whatever a guest has put into it', () => {
  const random = new Random(14);
  const pick = <T>(from: readonly T[]): T => random.pick(from);
  const numbers = [0, 1, -1, 7, 0x7ff0, 0x7fff_ffff, 0xffff_ffff, 2 ** 53, -(2 ** 53), NaN, Infinity];
  const texts = ['', '0xffffffffffffffff', '{port}', '$&', '\u0000', 'x'.repeat(5000)];
  const value = (): PlainValue => (random.below(3) === 0 ? pick(texts) : pick(numbers));
  const plain = (fields: readonly string[]): Plain =>
    Object.fromEntries(fields.map((field) => [field, value()]));
  const names = [...Object.keys(HYPERCALL_ROWS), 'unknown 63', '__proto__', 'constructor'];
  for (let round = 0; round < 4000; round++) {
    const name = pick(names);
    const rows = Object.hasOwn(HYPERCALL_ROWS, name) ? HYPERCALL_ROWS[name] : undefined;
    const commands = [null, 'constructor', ...Object.keys(rows?.commands ?? {})];
    const command = pick(commands);
    const fields = random.below(4) === 0 ? [] : knownValues(name, command);
    const count = pick([0, 1, 2, 0x7fff_ffff]);
    const call: Call = {
      ...{ kind: 'hypercall', number: pick([0, 20, 63, 64, -1, 0xffff_ffff]), name, args: '' },
      words: pick([[], Array.from({ length: 12 }, () => pick(numbers))]),
      given: { command, count, structures: [plain(fields), plain([])].slice(0, random.below(3)) },
      result: pick([null, 0, -1, -22, -9999, NaN, 2 ** 40]),
      gave: [plain(fields)].slice(0, random.below(2)),
      refusal: pick([null, '', '$1 {port}']),
    };
    const event = eventOf(call, pick([-1, 0, 1, 5, 0x7ff0]));
    expect(typeof explain(event, NAMES).sentence).toBe('string');
    expect(() => structuredClone(explain(event, NAMES))).not.toThrow();
    expect(typeof isFailure(event)).toBe('boolean');
  }
  const members = [
    'number',
    'rip',
    'error',
    'address',
    'vector',
    'domain',
    'port',
    'virq',
    'vcpu',
    'timer',
    'name',
  ];
  const more = [
    'amount',
    'processor',
    'from',
    'to',
    'change',
    'reason',
    'message',
    'text',
    'mfn',
    'level',
    'slot',
    'why',
  ];
  const rest = [
    'low',
    'high',
    'command',
    'argument',
    'dirty',
    'what',
    'way',
    'path',
    'transaction',
    'instruction',
    'leaf',
    'subleaf',
  ];
  for (let round = 0; round < 4000; round++) {
    const kind = pick(EVENT_KINDS.filter((each) => each !== 'hypercall'));
    const detail = {
      kind,
      ...plain([...members, ...more, ...rest]),
      bits: new Uint8Array(4),
      pfns: new Uint32Array(2),
      types: new Uint8Array(2),
    };
    const event = eventOf(detail as unknown as TraceDetail, pick([-1, 0, 7]));
    expect(typeof explain(event, NAMES).sentence).toBe('string');
    expect(isFailure(event)).toBe(kind === 'refusal' || kind === 'crash');
  }
});
