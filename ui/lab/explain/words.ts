/** Values in words: numbers of domains, frames, entries, flags and times, as a sentence says them. Nothing here throws. */
import * as arch from '../../../hypervisor/abi/arch-x86.ts';
import * as callback from '../../../hypervisor/abi/callback.ts';
import * as domctl from '../../../hypervisor/abi/domctl.ts';
import * as errno from '../../../hypervisor/abi/errno.ts';
import * as event from '../../../hypervisor/abi/event-channel.ts';
import * as grant from '../../../hypervisor/abi/grant-table.ts';
import * as memory from '../../../hypervisor/abi/memory.ts';
import { namesOf } from '../../../hypervisor/abi/names.ts';
import * as paging from '../../../hypervisor/abi/pv-paging.ts';
import * as physdev from '../../../hypervisor/abi/physdev.ts';
import * as platform from '../../../hypervisor/abi/platform.ts';
import * as sched from '../../../hypervisor/abi/sched.ts';
import * as sysctl from '../../../hypervisor/abi/sysctl.ts';
import * as vcpu from '../../../hypervisor/abi/vcpu.ts';
import * as xen from '../../../hypervisor/abi/xen.ts';
import type { PlainValue } from '../../../hypervisor/trace/values.ts';

/** What domains are called, by id. */
export type DomainNames = ReadonlyMap<number, string>;

/** `web (dom 1)`; one without a name: `dom 1`; ids that stand for something, in words. */
export function domainWords(id: number, names: DomainNames): string {
  if (id < 0) return 'Xen';
  const reserved = RESERVED[id];
  if (reserved !== undefined) return reserved;
  const name = names.get(id) ?? '';
  return name === '' ? `dom ${String(id)}` : `${name} (dom ${String(id)})`;
}

const RESERVED: Readonly<Record<number, string>> = {
  [xen.DOMID_SELF]: 'itself',
  [xen.DOMID_IO]: 'the devices (DOMID_IO)',
  [xen.DOMID_XEN]: 'Xen (DOMID_XEN)',
  [xen.DOMID_COW]: 'shared pages (DOMID_COW)',
  [xen.DOMID_INVALID]: 'nobody (DOMID_INVALID)',
  [xen.DOMID_IDLE]: 'the idle domain',
};

export function hex(value: PlainValue): string {
  return typeof value === 'number' ? `0x${value.toString(16)}` : value;
}

/** 64 bits as a number without a sign. */
function wide(value: PlainValue): bigint {
  try {
    return BigInt.asUintN(64, BigInt(value));
  } catch {
    // No number at all: words.
    return 0n;
  }
}

/** An address as 16 digits, or shorter where it is low. */
export function addressWords(value: PlainValue): string {
  return `0x${wide(value).toString(16)}`;
}

const ENTRY_FLAGS: readonly (readonly [bit: bigint, is: string])[] = [
  [1n, 'writable'],
  [2n, 'user'],
  [5n, 'accessed'],
  [6n, 'dirty'],
  [7n, 'large'],
  [8n, 'global'],
  [63n, 'not executable'],
];

/** A page-table entry: `frame 0x27f91, writable, user`; `nothing` where it is not present. */
export function entryWords(value: PlainValue): string {
  const entry = wide(value);
  if ((entry & 1n) === 0n) return entry === 0n ? 'nothing' : `nothing (${hex(value)}, not present)`;
  const frame = (entry & 0xf_ffff_ffff_f000n) >> 12n;
  const flags = ENTRY_FLAGS.filter(([bit]) => ((entry >> bit) & 1n) === 1n).map(([, is]) => is);
  if (((entry >> 1n) & 1n) === 0n) flags.unshift('read-only');
  return [`frame 0x${frame.toString(16)}`, ...flags].join(', ');
}

const SECOND_NS = 1e9;

/** A span of time, in the unit that suits it. */
export function spanWords(ns: number): string {
  if (Math.abs(ns) >= SECOND_NS) return `${String(Number((ns / SECOND_NS).toPrecision(4)))} s`;
  if (Math.abs(ns) >= 1e6) return `${String(Number((ns / 1e6).toPrecision(4)))} ms`;
  if (Math.abs(ns) >= 1e3) return `${String(Number((ns / 1e3).toPrecision(4)))} µs`;
  return `${String(ns)} ns`;
}

/** An instant of system time. */
function instantWords(value: PlainValue): string {
  return typeof value === 'number' ? `${(value / SECOND_NS).toFixed(6)} s` : 'the far future';
}

function kibWords(value: PlainValue): string {
  if (typeof value !== 'number') return 'as much as it likes';
  return value >= 1024 ? `${String(Number((value / 1024).toFixed(1)))} MiB` : `${String(value)} KiB`;
}

/** 2^order pages. */
function orderWords(value: PlainValue): string {
  const order = Number(value);
  return order === 0 ? 'page' : `block of ${String(2 ** Math.min(order, 52))} pages`;
}

function flagsOf(bits: Readonly<Record<number, string>>): (value: PlainValue) => string {
  return (value) => {
    const all = wide(value);
    const found = Object.entries(bits).filter(([bit]) => (all & BigInt(bit)) !== 0n);
    return found.length === 0 ? 'none' : found.map(([, is]) => is).join(', ');
  };
}

/** Names of a family's numbers, without what they all begin with. */
function namedBy(
  constants: Readonly<Record<string, unknown>>,
  prefix: string,
): (value: PlainValue) => string {
  const names = namesOf(constants, prefix);
  return (value) => {
    const name = names[Number(value)];
    return name === undefined ? `number ${hex(value)}` : name.slice(prefix.length).replaceAll('_', ' ');
  };
}

const MAPPING_FLAGS: Readonly<Record<number, string>> = {
  [grant.GNTMAP_device_map]: 'for devices',
  [grant.GNTMAP_host_map]: 'for the processor',
  [grant.GNTMAP_readonly]: 'read-only',
  [grant.GNTMAP_application_map]: 'for user mode',
  [grant.GNTMAP_contains_pte]: 'into the entry at a machine address',
};

const STATUSES = Object.fromEntries(
  Object.entries(grant)
    .filter(([name]) => name.startsWith('GNTST_'))
    .map(([name, value]) => [value, name]),
) as Readonly<Record<number, string>>;

/** A GNTST_* by its name. */
export function statusName(status: number): string {
  return STATUSES[status] ?? `status ${String(status)}`;
}

const ERRNOS = namesOf(errno, 'E');

/** An errno by its name; `error`: negative, as a hypercall gives it. */
export function errnoName(error: number): string {
  return ERRNOS[-error] ?? `error ${String(error)}`;
}

/** How a value is said, by the word behind its name in a template: `{remote_dom:dom}`. */
export const FORMATS: Readonly<Record<string, (value: PlainValue, names: DomainNames) => string>> = {
  dom: (value, names) => domainWords(Number(value), names),
  hex: (value) => hex(value),
  frame: (value) => `frame ${hex(value)}`,
  address: (value) => addressWords(value),
  entry: (value) => entryWords(value),
  instant: instantWords,
  span: (value) => (typeof value === 'number' ? spanWords(value) : 'for ever'),
  kib: kibWords,
  order: orderWords,
  does: (value) => (Number(value) === 0 ? 'takes away' : 'gives'),
  sets: (value) => (Number(value) === 0 ? 'clears' : 'sets'),
  mapping: flagsOf(MAPPING_FLAGS),
  status: (value) => statusName(Number(value)),
  isUp: (value) => (Number(value) === 0 ? 'not up' : 'up'),
  VIRQ: namedBy(xen, 'VIRQ_'),
  VMASST: namedBy(xen, 'VMASST_TYPE_'),
  SHUTDOWN: namedBy(sched, 'SHUTDOWN_'),
  RUNSTATE: namedBy(vcpu, 'RUNSTATE_'),
  CALLBACKTYPE: namedBy(callback, 'CALLBACKTYPE_'),
  RESOURCE: namedBy({ ...memory, XENMEM_resource_grant_table_id_shared: null }, 'XENMEM_resource_'),
  POOL: namedBy(sysctl, 'XEN_SYSCTL_CPUPOOL_OP_'),
  TBUFOP: namedBy(sysctl, 'XEN_SYSCTL_TBUFOP_'),
  MAPSPACE: namedBy(memory, 'XENMAPSPACE_'),
  PIRQ: namedBy(physdev, 'MAP_PIRQ_TYPE_'),
  SHADOW: namedBy(domctl, 'XEN_DOMCTL_SHADOW_OP_'),
  PAGING: namedBy(paging, 'XEN_DOMCTL_PV_PAGING_'),
  FIRMWARE: namedBy(platform, 'XEN_FW_'),
  SEGBASE: namedBy(arch, 'SEGBASE_'),
  EVTCHNSTAT: namedBy(event, 'EVTCHNSTAT_'),
  TSC: namedBy(domctl, 'TSC_MODE_'),
};

const FIELD = /\{([\w.]+)(?::(\w+))?\}/g;

/** The values that a template names: `{port}`, `{remote_dom:dom}`. */
export function fieldsOf(template: string): readonly { readonly name: string; readonly format: string }[] {
  return [...template.matchAll(FIELD)].map(([, name, format]) => ({ name: name!, format: format ?? '' }));
}

/** A template with its values; one that is not known is `?`. */
export function fill(
  template: string,
  values: Readonly<Record<string, PlainValue>>,
  names: DomainNames,
): string {
  return template.replace(FIELD, (_, name: string, format: string | undefined) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return '?';
    const say = format === undefined ? undefined : FORMATS[format];
    return say === undefined ? String(value) : say(value, names);
  });
}
