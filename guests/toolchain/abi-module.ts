/**
 * Xen's public ABI for guests in AssemblyScript: the tables of hypervisor/abi/ told as one module, `xen`.
 *
 * A number keeps its name; a struct becomes a namespace of its members' byte offsets, with `SIZE`:
 * `load<u64>(info, start_info.nr_pages)`. Members of nested structs join their names: `start_info.console_domU_mfn`;
 * one named as a word of the language gets an underscore (`in_`).
 */
import * as archX86 from '../../hypervisor/abi/arch-x86.ts';
import * as blkif from '../../hypervisor/abi/blkif.ts';
import * as callback from '../../hypervisor/abi/callback.ts';
import * as console from '../../hypervisor/abi/console.ts';
import * as control from '../../hypervisor/abi/control.ts';
import * as cpuid from '../../hypervisor/abi/cpuid.ts';
import * as domctl from '../../hypervisor/abi/domctl.ts';
import * as elfnote from '../../hypervisor/abi/elfnote.ts';
import * as errno from '../../hypervisor/abi/errno.ts';
import * as eventChannel from '../../hypervisor/abi/event-channel.ts';
import * as grantTable from '../../hypervisor/abi/grant-table.ts';
import type { Composite, Fields } from '../../hypervisor/abi/layout.ts';
import * as memory from '../../hypervisor/abi/memory.ts';
import * as netif from '../../hypervisor/abi/netif.ts';
import * as paging from '../../hypervisor/abi/pv-paging.ts';
import * as physdev from '../../hypervisor/abi/physdev.ts';
import * as platform from '../../hypervisor/abi/platform.ts';
import * as ring from '../../hypervisor/abi/ring.ts';
import * as sched from '../../hypervisor/abi/sched.ts';
import * as sharedInfo from '../../hypervisor/abi/shared-info.ts';
import * as startInfo from '../../hypervisor/abi/start-info.ts';
import * as sysctl from '../../hypervisor/abi/sysctl.ts';
import * as vcpu from '../../hypervisor/abi/vcpu.ts';
import * as version from '../../hypervisor/abi/version.ts';
import * as xen from '../../hypervisor/abi/xen.ts';
import * as xenbus from '../../hypervisor/abi/xenbus.ts';
import * as xenstore from '../../hypervisor/abi/xenstore.ts';

const HEADERS: readonly Readonly<Record<string, unknown>>[] = [
  xen,
  archX86,
  blkif,
  callback,
  console,
  control,
  cpuid,
  domctl,
  elfnote,
  errno,
  eventChannel,
  grantTable,
  memory,
  netif,
  paging,
  physdev,
  platform,
  ring,
  sched,
  sharedInfo,
  startInfo,
  sysctl,
  vcpu,
  version,
  xenbus,
  xenstore,
];

let numbers: Readonly<Record<string, number | bigint>> | undefined;

/** The ABI's plain numbers by name, for the assembler. */
export function abiNumbers(): Readonly<Record<string, number | bigint>> {
  numbers ??= Object.fromEntries(
    entries().flatMap(([name, value]): [string, number | bigint][] => {
      if (typeof value === 'number' || typeof value === 'bigint') return [[name, value]];
      if (!isStruct(value)) return [];
      return members(value).map(([member, offset]) => [`${name}.${member}`, offset]);
    }),
  );
  return numbers;
}

let text: string | undefined;

/** The source of the module `xen`. */
export function abiModule(): string {
  text ??= entries()
    .map(([name, value]) => declaration(name, value))
    .join('');
  return text;
}

/** All that the headers export, by name: who loads modules as functions of its own keeps another order than the language's. */
function entries(): [string, unknown][] {
  const all = new Map(HEADERS.flatMap((header) => Object.entries(header)));
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}

function declaration(name: string, value: unknown): string {
  if (typeof value === 'bigint') return `export const ${name}: u64 = ${String(BigInt.asUintN(64, value))};\n`;
  if (typeof value === 'number' && Number.isInteger(value))
    return `export const ${name}: ${typeOf(value)} = ${String(value)};\n`;
  if (!isStruct(value)) return '';
  const lines = members(value).map(
    ([member, at]) => `  export const ${safe(member)}: usize = ${String(at)};\n`,
  );
  return `export namespace ${name} {\n${lines.join('')}}\n`;
}

/** Addresses of the upper half are signed numbers in the tables: to a guest they are u64. */
function typeOf(value: number): string {
  if (value >= -0x8000_0000 && value < 0x8000_0000) return 'i32';
  return value >= 0 && value < 0x1_0000_0000 ? 'u32' : 'i64';
}

/** A member named as a word of the language (`in`) gets an underscore. */
function safe(name: string): string {
  return /^(in|new|delete|default|class|import|export)$/.test(name) ? `${name}_` : name;
}

function members(struct: Composite<Fields>): [string, number][] {
  const offsets = Object.entries(struct.offset as Record<string, number>);
  return [
    ...offsets.map(([path, at]): [string, number] => [path.replaceAll('.', '_'), at]),
    ['SIZE', struct.size],
  ];
}

function isStruct(value: unknown): value is Composite<Fields> {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return value.kind === 'struct' || value.kind === 'union';
}
