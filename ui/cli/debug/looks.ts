/** What a debugger shows of a lab where it stands, as text. */
import { hex64 } from '../../../core/machine.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import { inputWords } from '../../lab/time/branches.ts';
import type { Lab } from '../../lab/lab.ts';
import { bindingWords } from '../../lab/stage/words.ts';
import { portViews } from '../../lab/ports.ts';
import { bytesAt, codeAt, domainViews, readerOf, vcpuView } from '../../lab/views.ts';
import { placeOf } from '../../lab/symbols.ts';
import { storeTree } from '../../lab/xenstore/ask.ts';
import { explanationText } from '../../lab/explain/explain.ts';
import { StoreSilent } from '../../lab/xenstore/node.ts';
import type { StoreNode } from '../../lab/xenstore/node.ts';
import type { Debugger } from './debugger.ts';
import { Wrong } from './wrong.ts';

const IN_A_ROW = 3;
const ROW_BYTES = 16;
const NS_PER_SECOND = 1e9;

/** `d1v0`; without one, who has the processor, or else the first of the lab's domain. Throws Wrong. */
export function vcpuNamed({ hypervisor, domain }: Lab, name = ''): Vcpu {
  const match = /^d(\d+)v(\d+)$/.exec(name);
  if (name !== '' && match === null) throw new Wrong(`${name}: a vcpu is named as d0v0`);
  const vcpu =
    match === null
      ? (hypervisor.current ?? domain.vcpus[0])
      : hypervisor.domains.get(Number(match[1]))?.vcpus[Number(match[2])];
  if (vcpu === undefined) throw new Wrong(`there is no vcpu ${name}`);
  return vcpu;
}

const nameOf = ({ domain, id }: Vcpu): string => `d${String(domain.id)}v${String(id)}`;

/** A hexadecimal number, with or without 0x, as an address, sign-interpreted. */
function signed(hex = '0'): number {
  return Number(BigInt.asIntN(64, BigInt(hex.startsWith('0x') ? hex : `0x${hex}`)));
}

export function seconds(ns: number): string {
  return `${(ns / NS_PER_SECOND).toFixed(9)} s`;
}

/** Instant, who runs, the line of the sources, the instruction. */
export function where({ lab, sources, hosts, hostName, names }: Debugger): string {
  const { hypervisor } = lab;
  const of = hosts.length === 1 ? '' : `host ${hostName}, `;
  const head = `${of}instruction ${String(lab.instructions)}, ${seconds(lab.ns)}, tick ${String(hypervisor.ticks())}`;
  const vcpu = hypervisor.current;
  if (vcpu === null) return `${head}: no vcpu runs`;
  const { mode, code } = vcpuView(hypervisor, vcpu, lab.code);
  const place = lab.here();
  const lines = [`${head}: ${nameOf(vcpu)}, ${mode} mode`];
  if (place !== null) {
    const text = sources.get(place.file)?.split('\n')[place.line - 1];
    lines.push(
      `${place.function}, ${place.file}:${String(place.line)}${text === undefined ? '' : `: ${text.trim()}`}`,
    );
  }
  const name = place === null ? names.nameOf(vcpu, hypervisor.processor.rip) : null;
  if (name !== null) lines.push(name);
  const [next] = code;
  if (next !== undefined) lines.push(`${next.address}  ${next.text}`);
  return lines.join('\n');
}

export function registers(lab: Lab, name?: string): string {
  const vcpu = vcpuNamed(lab, name);
  const view = vcpuView(lab.hypervisor, vcpu, lab.code);
  const all = Object.entries(view.registers).map(([register, value]) => `${register.padStart(6)} ${value}`);
  const rows = all.flatMap((_, n) => (n % IN_A_ROW === 0 ? [all.slice(n, n + IN_A_ROW).join('  ')] : []));
  return [`${nameOf(vcpu)}, ${view.state}, ${view.mode} mode`, ...rows].join('\n');
}

export function backtrace({ lab, names }: Debugger, name?: string): string {
  const vcpu = vcpuNamed(lab, name);
  const { stack, registers: values } = vcpuView(lab.hypervisor, vcpu, lab.code);
  if (stack.length === 0) {
    const [here, ...callers] = names.callers(vcpu, signed(values['rip']), signed(values['rsp']));
    if (here !== undefined) return [`#0  ${here}`, ...callers.map((caller) => `  ? ${caller}`)].join('\n');
    throw new Wrong(
      `nothing is known of the code at 0x${values['rip'] ?? '?'}: no image that is here has symbols for it`,
    );
  }
  return stack
    .map((each, n) => `#${String(n)}  ${each.function} (${each.file}:${String(each.line)})`)
    .join('\n');
}

/** Rows of 16 bytes, and what they are as characters. */
export function memory(lab: Lab, address: number, count: number): string {
  const read = readerOf(lab.hypervisor, vcpuNamed(lab));
  const rows: string[] = [];
  for (let done = 0; done < count; done += ROW_BYTES) {
    const bytes = bytesAt(read, address + done, Math.min(ROW_BYTES, count - done));
    if (bytes.length === 0) {
      rows.push(`${hex64(address + done)}  nothing is mapped here`);
      break;
    }
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    rows.push(`${hex64(address + done)}  ${hex.padEnd(3 * ROW_BYTES)} ${text.join('')}`);
  }
  return rows.join('\n');
}

/** Instructions, with the functions that they are in. */
export function disassembly({ lab, names }: Debugger, from: number | null, count: number): string {
  const vcpu = vcpuNamed(lab);
  const rip = vcpuView(lab.hypervisor, vcpu, lab.code).registers['rip'] ?? '0';
  const address = from ?? signed(rip);
  const read = readerOf(lab.hypervisor, vcpu);
  const symbols = lab.code.symbolsIn(read, address);
  const code = codeAt(read, address, count);
  if (code.length === 0) throw new Wrong(`nothing is mapped at ${hex64(address)}`);
  let last = '';
  return code
    .flatMap(({ address: at, text }) => {
      const place = symbols === null ? null : placeOf(symbols, signed(at));
      const line =
        place === null
          ? (names.nameOf(vcpu, signed(at))?.replace(/\+0x[0-9a-f]+$/, '') ?? '')
          : `${place.function}, ${place.file}:${String(place.line)}`;
      const isNew = line !== '' && line !== last;
      last = line;
      return [...(isNew ? [`${line}:`] : []), `  ${at}  ${text}`];
    })
    .join('\n');
}

export function domains(lab: Lab): string {
  const rows = domainViews(lab.hypervisor, lab.witness.names).map((each) =>
    [
      String(each.id).padStart(4),
      (each.name === '' ? '(no name)' : each.name).padEnd(16),
      `${String(Math.round(each.memoryMb))} MiB`.padStart(9),
      `${String(each.vcpus)} vcpu${each.vcpus === 1 ? ' ' : 's'}`,
      each.letters,
      `${each.seconds.toFixed(3)} s`,
    ].join('  '),
  );
  return rows.join('\n');
}

/** The event channels of a domain. */
export function ports(lab: Lab, id: number | null): string {
  const domain = id === null ? vcpuNamed(lab).domain : lab.hypervisor.domains.get(id);
  if (domain === undefined) throw new Wrong(`there is no domain ${String(id)}`);
  const rows = portViews(lab.hypervisor, domain).map(
    ({ port, binding, vcpu, pending, masked }) =>
      `${String(port).padStart(4)}  vcpu ${String(vcpu)}  ${pending ? 'pending' : '       '} ${masked ? 'masked' : '      '}  ${bindingWords(binding, (id) => `domain ${String(id)}`)}`,
  );
  return rows.length === 0 ? `domain ${String(domain.id)} has no event channels` : rows.join('\n');
}

/** The store from a node on, as `xenstore-ls` shows it. */
export function xenstore(lab: Lab, path: string): string {
  const from = path === '' ? '/' : path;
  const tree = treeOf(lab, from);
  if (tree === null) throw new Wrong(`there is no ${from} in the store`);
  return from === '/'
    ? tree.children.flatMap((child) => nodeLines(child, '')).join('\n')
    : nodeLines(tree, '').join('\n');
}

function treeOf(lab: Lab, path: string): StoreNode | null {
  try {
    return storeTree(lab, path);
  } catch (error) {
    throw error instanceof StoreSilent || error instanceof RangeError ? new Wrong(error.message) : error;
  }
}

function nodeLines({ name, value, children }: StoreNode, indent: string): string[] {
  return [
    `${indent}${name} = ${JSON.stringify(value)}`,
    ...children.flatMap((child) => nodeLines(child, `${indent} `)),
  ];
}

/** What was typed and broken, and what is to come. */
export function inputs({ hosts, kept }: Debugger): string {
  const { past } = kept.run;
  const hostOf = (host: number): string => (hosts.length === 1 ? '' : `${hosts[host]!.name}  `);
  const rows = past.inputs.all.map(
    (input) =>
      `${past.inputs.hasCome(input) ? ' ' : '>'} ${seconds(input.ticks * hosts[input.host]!.lab.periodNs).padStart(16)}  ${hostOf(input.host)}${inputWords(input)}`,
  );
  return rows.length === 0 ? 'nothing was typed' : [...rows, '(> is to come)'].join('\n');
}

/** The last events before here, in sentences. Throws Wrong where there are none. */
export async function story(debug: Debugger, count: number): Promise<string> {
  const told = await debug.told();
  const { lines } = told.look({ filter: { without: [], domain: null, folds: false }, from: null, count });
  if (lines.length === 0) throw new Wrong('nothing has happened before here');
  return lines
    .map(
      ({ sequence, ns, depth, sentence }) =>
        `${String(sequence)}  ${seconds(ns)}  ${'  '.repeat(depth)}${sentence}`,
    )
    .join('\n');
}

/** Of a call and what happened within it, the call is meant. */
const WITHIN = 2000;

/** The last event before here that is within no other, or one by its number. Throws Wrong where there is none. */
export async function explained(debug: Debugger, number: string): Promise<string> {
  const told = await debug.told();
  const { lines } = told.look({
    filter: { without: [], domain: null, folds: false },
    from: null,
    count: WITHIN,
  });
  const last = lines.findLast(({ depth }) => depth === 0) ?? lines.at(-1);
  const explanation = told.explain(number === '' ? (last?.sequence ?? -1) : Number(number));
  if (explanation === null)
    throw new Wrong(`there is no event ${number === '' ? 'here' : number}: \`story\` lists them`);
  return explanationText(explanation);
}
