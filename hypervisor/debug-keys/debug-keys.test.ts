/** Debug keys, asked by a hypercall and on the serial line, of hosts with small domains. */
import { expect, test } from 'vitest';
import { XEN_SYSCTL_INTERFACE_VERSION } from '../abi/control.ts';
import { E2BIG, EFAULT, EPERM } from '../abi/errno.ts';
import { GTF_permit_access } from '../abi/grant-table.ts';
import { xen_sysctl, xen_sysctl_debug_keys, XEN_SYSCTL_debug_keys } from '../abi/sysctl.ts';
import { VIRQ_CONSOLE, VIRQ_DEBUG } from '../abi/xen.ts';
import { ECS_INTERDOMAIN, ECS_IPI, ECS_UNBOUND, ECS_VIRQ } from '../state/event-channels.ts';
import { isPortPending } from '../events/send.ts';
import { pinForMapping } from '../grants/pin.ts';
import { writeEntryV1 } from '../grants/grant-table.ts';
import { sysctl } from '../hypercalls/sysctl.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { DATA, load, start } from '../testing-guest.ts';
import { DEBUG_KEYS } from './table.ts';
import { ranges } from './key.ts';
import { readConsole } from './input.ts';

const CTRL_A = '\x01';

function type(hypervisor: Hypervisor, keys: string): void {
  hypervisor.platform.uart.receive(new TextEncoder().encode(keys));
}

/** What Xen has printed since the last look, without its mark. */
function printed({ console }: Hypervisor): string[] {
  const { bytes } = console.readRing(console.quietBytes, console.ring.length, true);
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  expect(lines.every((line) => line.startsWith('(XEN) '))).toBe(true);
  return lines.map((line) => line.slice('(XEN) '.length));
}

function ask(hypervisor: Hypervisor, key: string): string[] {
  printed(hypervisor);
  type(hypervisor, CTRL_A.repeat(3) + key + CTRL_A.repeat(3));
  return printed(hypervisor).slice(1, -1);
}

/** Domains 0 and 1, of 32 pages each. */
function twoDomains(): { hypervisor: Hypervisor; dom0: TestDomain; domU: TestDomain } {
  const hypervisor = testHost(1024);
  const dom0 = new TestDomain(hypervisor, 0, 32, 1, true);
  const domU = new TestDomain(hypervisor, 1, 32, 2);
  return { hypervisor, dom0, domU };
}

test('Ctrl-a three times switches the line between domain 0 and Xen; fewer are keys like others', () => {
  const { hypervisor } = twoDomains();
  const read = (): string => new TextDecoder().decode(readConsole(hypervisor, 128));
  type(hypervisor, `a${CTRL_A}b${CTRL_A}${CTRL_A}`);
  expect(read()).toBe(`a${CTRL_A}b`);
  type(hypervisor, 'c');
  expect(read()).toBe(`${CTRL_A}${CTRL_A}c`);
  type(hypervisor, CTRL_A.repeat(3));
  expect(printed(hypervisor)).toEqual([
    "*** Serial input to Xen (type 'CTRL-a' three times to switch input)",
  ]);
  type(hypervisor, `ht~`);
  expect(printed(hypervisor)).toHaveLength(1 + DEBUG_KEYS.length + 2);
  type(hypervisor, `${CTRL_A.repeat(3)}d`);
  expect(printed(hypervisor)).toEqual([
    "*** Serial input to DOM0 (type 'CTRL-a' three times to switch input)",
  ]);
  expect(read()).toBe('d');
});

test('domain 0 is told of what is typed for it alone', () => {
  const { hypervisor, dom0 } = twoDomains();
  const channel = dom0.domain.events.allocate()!;
  channel.state = ECS_VIRQ;
  channel.virq = VIRQ_CONSOLE;
  dom0.vcpu.virqPorts[VIRQ_CONSOLE] = channel.port;
  type(hypervisor, `${CTRL_A.repeat(3)}h`);
  expect(isPortPending(hypervisor, dom0.domain, channel.port)).toBe(false);
  type(hypervisor, `${CTRL_A.repeat(3)}h`);
  expect(isPortPending(hypervisor, dom0.domain, channel.port)).toBe(true);
});

test('h lists the keys by their codes, * asks all diagnostics: those of interrupt context first', () => {
  const { hypervisor } = twoDomains();
  expect(ask(hypervisor, 'h').slice(0, 3)).toEqual([
    "'h' pressed -> showing installed handlers",
    " key '*' (ascii '2a') => print all diagnostics",
    " key '0' (ascii '30') => dump Dom0 registers",
  ]);
  const codes = DEBUG_KEYS.map(({ key }) => key.charCodeAt(0));
  expect(codes).toEqual([...new Set(codes)].sort((one, other) => one - other));
  const sections = ask(hypervisor, '*').flatMap((line) => /^\[(.): /.exec(line)?.[1] ?? []);
  expect(sections.join('')).toBe('d0Haegmqrt');
});

test('the hypercall types keys: for the privileged domain, as far as they can be read', () => {
  const { hypervisor, dom0, domU } = twoDomains();
  const call = (domain: TestDomain, keys: number, count: number): number => {
    domain.enter();
    const part = ARGUMENTS + xen_sysctl.offset.u;
    domain.poke(ARGUMENTS, BigInt(XEN_SYSCTL_debug_keys) | (BigInt(XEN_SYSCTL_INTERFACE_VERSION) << 32n));
    domain.poke(part + xen_sysctl_debug_keys.offset.keys, keys);
    domain.poke(part + xen_sysctl_debug_keys.offset.nr_keys, count);
    return domain.call(sysctl, ARGUMENTS);
  };
  dom0.poke(DATA, 0x7474_7474_7474_7474n);
  expect(call(dom0, DATA, 2)).toBe(0);
  expect(printed(hypervisor)).toHaveLength(4);
  expect(call(domU, DATA, 2)).toBe(-EPERM);
  expect(call(dom0, DATA, 257)).toBe(-E2BIG);
  expect(call(dom0, 0, 1)).toBe(-EFAULT);
  expect(printed(hypervisor)).toEqual([]);
  dom0.poke(TEST_BASE + 32 * 4096 - 8, 0x7400_0000_0000_0000n);
  expect(call(dom0, TEST_BASE + 32 * 4096 - 1, 2)).toBe(-EFAULT);
  expect(printed(hypervisor)).toHaveLength(2);
  expect(dom0.check()).toEqual([]);
});

test('q tells of domains and vcpus in the form of the real Xen, and raises VIRQ_DEBUG', () => {
  const { hypervisor, dom0, domU } = twoDomains();
  const channel = domU.domain.events.allocate()!;
  channel.state = ECS_VIRQ;
  channel.virq = VIRQ_DEBUG;
  domU.domain.vcpus[1]!.virqPorts[VIRQ_DEBUG] = channel.port;
  domU.vcpu.down = false;
  domU.vcpu.blocked = true;
  domU.vcpu.affinity = 1;
  domU.vcpu.periodNs = 10_000_000;
  domU.domain.handle.set([
    0x3f, 0xda, 0x94, 0xee, 0xe5, 0x93, 0x11, 0xf1, 0xb8, 0xf0, 0x73, 0x58, 0x2d, 0x9c, 0x96, 0xce,
  ]);
  domU.domain.vmAssist = 0x2d;
  const page = (mfn: number): string =>
    `    XenPage ${mfn.toString(16).padStart(16, '0')}: caf=c000000000000001, taf=e400000000000001`;
  const lines = ask(hypervisor, 'q');
  expect(lines.slice(lines.indexOf('General information for domain 1:'))).toEqual([
    'General information for domain 1:',
    '    refcnt=3 dying=0 pause_count=0',
    '    nr_pages=32 xenheap_pages=2 dirty_cpus={} max_pages=288',
    '    handle=3fda94ee-e593-11f1-b8f0-73582d9c96ce vm_assist=0000002d',
    'Rangesets belonging to domain 1:',
    '    Interrupts { }',
    '    I/O Memory { }',
    '    I/O Ports  { }',
    '    log-dirty  { }',
    'Memory pages belonging to domain 1:',
    '    DomPage list too long to display',
    page(domU.domain.sharedInfoMfn),
    page(domU.domain.grants.frames[0]!),
    'NODE affinity for domain 1: [0]',
    'VCPU information and callbacks for domain 1:',
    '  UNIT0 affinities: hard={0} soft={0}',
    '    VCPU0: CPU0 [has=F] poll=0 upcall_pend=00 upcall_mask=00 ',
    '    pause_count=0 pause_flags=1',
    '100 Hz periodic timer (period 10 ms)',
    '  UNIT1 affinities: hard={0} soft={0}',
    '    VCPU1: CPU0 [has=F] poll=0 upcall_pend=00 upcall_mask=00 ',
    '    pause_count=0 pause_flags=2',
    'No periodic timer',
    'Notifying guest 0:0 (virq 1, port 0)',
    'Notifying guest 1:0 (virq 1, port 0)',
    'Notifying guest 1:1 (virq 1, port 1)',
    'Shared frames 0 -- Saved frames 0',
  ]);
  expect(lines).toContain('    I/O Ports  { 0-1f, 22-3f, 44-60, 62-9f, a2-3f7, 400-607, 60c-cfb, d00-ffff }');
  expect(isPortPending(hypervisor, domU.domain, channel.port)).toBe(true);
  expect(isPortPending(hypervisor, dom0.domain, channel.port)).toBe(false);
});

test('e tells what ports are bound to', () => {
  const { hypervisor, domU } = twoDomains();
  const { events } = domU.domain;
  const make = (state: number) => Object.assign(events.allocate()!, { state });
  make(ECS_UNBOUND).remoteDomain = 7;
  Object.assign(make(ECS_INTERDOMAIN), { remoteDomain: 0, remotePort: 15, notifyVcpu: 1, consumer: true });
  make(ECS_IPI);
  make(ECS_VIRQ).virq = 3;
  const lines = ask(hypervisor, 'e');
  expect(lines.slice(lines.indexOf('Event channel information for domain 1:'))).toEqual([
    'Event channel information for domain 1:',
    'Polling vCPUs: {}',
    '    port [p/m/s]',
    '       1 [0/0/]: s=2 n=0 x=0 d=7',
    '       2 [0/0/]: s=3 n=1 x=1 d=0 p=15',
    '       3 [0/0/]: s=6 n=0 x=0',
    '       4 [0/0/]: s=5 n=0 x=0 v=3',
  ]);
});

test('g tells which grants are in use', () => {
  const { hypervisor, dom0, domU } = twoDomains();
  const { frames } = hypervisor;
  const mfn = domU.mfns[20]!;
  writeEntryV1(frames, domU.domain.grants, 8, GTF_permit_access, dom0.domain.id, mfn);
  expect(pinForMapping(frames, domU.domain, 8, dom0.domain.id, false)).toBe(0);
  expect(pinForMapping(frames, domU.domain, 8, dom0.domain.id, true)).toBe(0);
  const hex = mfn.toString(16);
  expect(ask(hypervisor, 'g')).toEqual([
    "gnttab_usage_print_all [ key 'g' pressed",
    '      -------- active --------       -------- shared --------',
    '[ref] localdom mfn      pin          localdom gmfn     flags',
    'grant-table for remote d0 (v1)',
    '  1 frames (64 max), 0 maptrack frames (1024 max)',
    'no active grant table entries',
    '      -------- active --------       -------- shared --------',
    '[ref] localdom mfn      pin          localdom gmfn     flags',
    'grant-table for remote d1 (v1)',
    '  1 frames (64 max), 0 maptrack frames (1024 max)',
    `[0x008]      0 0x${hex.padStart(5, '0')} 0x00000101          0 0x${hex.padStart(6, '0')} 0x19`,
    'gnttab_usage_print_all ] done',
  ]);
});

test('m and H count every free frame, and m every frame', () => {
  const { hypervisor } = twoDomains();
  const { frames } = hypervisor;
  const pages = ask(hypervisor, 'H').slice(1);
  expect(pages).toHaveLength(41);
  const sum = (lines: string[], form: RegExp): number =>
    lines.reduce((total, line) => total + Number(form.exec(line)?.[1] ?? 0), 0);
  expect(sum(pages, /-> (\d+) pages$/)).toBe(frames.freeFrames);
  const lines = ask(hypervisor, 'm');
  expect(sum(lines, /heap\[\d\d\]: (\d+)kB free$/)).toBe(frames.freeFrames * 4);
  expect(lines).toContain(`    Dom heap: ${String(frames.freeFrames * 4)}kB free`);
  const uses = lines.slice(lines.indexOf('Frame table: 1024 frames') + 1);
  expect(sum(uses, /: (\d+)$/)).toBe(1024);
});

test('registers, timers and processors of vcpus that run; looking changes nothing', () => {
  const source = `
    first:
      mov rbx, 0x1234
      stc
    spin:
      jmp spin`;
  const setup = load(source, 2, testHost(1024, { pcpus: 2 }));
  const { hypervisor } = setup.guest;
  for (const vcpu of setup.guest.domain.vcpus) start(setup, vcpu, 'first');
  setup.guest.domain.vcpus[1]!.singleshotNs = 5_000_000;
  hypervisor.run(200_000);
  const before = hypervisor.processor.saveState();
  const memory = hypervisor.machine.bytes.slice();
  const lines = ask(hypervisor, 'd');
  expect(lines.filter((line) => line.startsWith('***'))).toEqual([
    '*** Dumping CPU0 guest state (d1v0): ***',
    '*** Dumping CPU1 guest state (d1v1): ***',
  ]);
  expect(lines.filter((line) => line.includes('rbx: 0000000000001234'))).toHaveLength(2);
  expect(
    lines.filter((line) => /^RFLAGS: 0000000000000\d\d[37] .*EM: 0 .*\(d1v[01]\)$/.test(line)),
  ).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith('Guest stack trace from rsp=ffffffff8000a'))).toHaveLength(1);
  expect(ask(hypervisor, 'a')).toContain(
    '  ex=        4900us timer=d1v1 cb=common/sched/core.c#vcpu_singleshot_timer_fn(d1v1)',
  );
  expect(ask(hypervisor, 'r').filter((line) => line.includes('current='))).toEqual([
    'CPU[00] current=d1v0, curr=d1v0, prev=NULL',
    'CPU[01] current=d1v1, curr=d1v1, prev=NULL',
  ]);
  expect(hypervisor.processor.saveState()).toEqual(before);
  expect(Buffer.compare(hypervisor.machine.bytes.slice(), memory)).toBe(0);
});

test('sets are told as ranges', () => {
  expect(ranges([])).toBe('');
  expect(ranges([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
});
