import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as archX86 from './arch-x86.ts';
import * as blkif from './blkif.ts';
import * as callback from './callback.ts';
import * as console from './console.ts';
import * as domctl from './domctl.ts';
import * as eventChannel from './event-channel.ts';
import * as hypfs from './hypfs.ts';
import * as grantTable from './grant-table.ts';
import { array, struct, u16, u32, u64, u8, union } from './layout.ts';
import * as memory from './memory.ts';
import * as netif from './netif.ts';
import * as platform from './platform.ts';
import * as physdev from './physdev.ts';
import * as ring from './ring.ts';
import * as sched from './sched.ts';
import * as sharedInfo from './shared-info.ts';
import * as startInfo from './start-info.ts';
import * as sysctl from './sysctl.ts';
import * as trace from './trace.ts';
import * as vcpu from './vcpu.ts';
import * as version from './version.ts';
import * as xen from './xen.ts';
import * as xenstore from './xenstore.ts';

/** layouts.txt holds what the C compiler says of Xen's own headers: a line a struct, `name size member=offset …`. */
const compiled = readFileSync(new URL('layouts.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', size, ...members] = line.split(' ');
    const offsets = members.map((member) => member.split('='));
    return {
      name,
      size: Number(size),
      offset: Object.fromEntries(offsets.map(([path, at]) => [path, Number(at)])),
    };
  });

interface Layout {
  readonly kind: string;
  readonly size: number;
  readonly offset: Readonly<Record<string, number>>;
}

const modules = [
  archX86,
  blkif,
  callback,
  console,
  domctl,
  eventChannel,
  grantTable,
  hypfs,
  memory,
  netif,
  physdev,
  platform,
  ring,
  sched,
  sharedInfo,
  startInfo,
  sysctl,
  trace,
  vcpu,
  version,
  xen,
  xenstore,
];

function isLayout(value: unknown): value is Layout {
  return typeof value === 'object' && value !== null && 'offset' in value;
}

const ours = new Map(
  modules.flatMap((module) => Object.entries(module).filter(([, value]) => isLayout(value))),
);

describe('layouts of the public structures', () => {
  it.each(compiled)('$name is laid out as by the C compiler', ({ name, size, offset }) => {
    const layout = ours.get(name) as Layout;
    expect({ size: layout.size, offset: layout.offset }).toEqual({ size, offset });
  });

  it('covers every structure', () => {
    expect([...ours.keys()].sort()).toEqual(compiled.map(({ name }) => name).sort());
  });
});

describe('struct and union', () => {
  it('aligns members and pads the end to the widest', () => {
    const layout = struct({ a: u8, b: u32, c: u16 });
    expect(layout.offset).toEqual({ a: 0, b: 4, c: 8 });
    expect(layout.size).toBe(12);
  });

  it('gives dotted paths into nested members, and lays union members over one another', () => {
    const layout = struct({ tag: u32, u: union({ small: u16, pair: struct({ x: u8, y: u64 }) }) });
    expect(layout.offset).toEqual({ tag: 0, u: 8, 'u.small': 8, 'u.pair': 8, 'u.pair.x': 8, 'u.pair.y': 16 });
    expect(layout.size).toBe(24);
  });

  it('aligns an array as its element', () => {
    expect(struct({ a: u8, b: array(u64, 3) }).offset.b).toBe(8);
    expect(array(u32, 5).size).toBe(20);
  });
});
