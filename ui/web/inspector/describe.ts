/** Things of the stage in words: one function for each kind. Null: it is not there any more, or the lens does not show it. */
import type { StageDomain, StageHost, StageView } from '../../lab/stage/view.ts';
import { bindingWords } from '../../lab/stage/words.ts';
import type { Selected, Thing } from '../stage/selected.ts';
import { domainName, namesIn } from '../stage/color.ts';
import { describeBridge, describeProcess } from './inside.ts';
import { describeDevice, describeSlot } from './devices.ts';
import { fact, hex } from './description.ts';
import { describeWord } from './word.ts';
import type { Description } from './description.ts';

const PAGES_PER_MB = 256;

type Teller<Kind extends Thing['kind']> = (
  thing: Extract<Thing, { kind: Kind }>,
  host: StageHost,
  view: StageView,
) => Description | null;

const TELLERS: { readonly [Kind in Thing['kind']]: Teller<Kind> } = {
  xen: (_, host) => describeXen(host),
  processor: ({ id }, host) => describeProcessor(id, host),
  machine: ({ index }, host) => describeMachine(index, host),
  domain: ({ domain }, host) => describeDomain(domain, host),
  vcpu: ({ domain, vcpu }, host) => describeVcpu(domain, vcpu, host),
  process: ({ domain, pid }, host) => describeProcess(domain, pid, host),
  bridge: ({ domain, name }, host) => describeBridge(domain, name, host),
  port: ({ domain, port }, host) => describePort(domain, port, host),
  frame: ({ mfn }, host, view) => describeFrame(mfn, host, view),
  device: (thing, host) => describeDevice(thing, host),
  slot: (thing, host) => describeSlot(thing, host),
  node: ({ path }, host) => describeNode(path, host),
  word: ({ domain, vcpu, value }, host, { word }) =>
    word?.value === value && word.domain === domain && word.vcpu === vcpu ? describeWord(word, host) : null,
};

export function describe({ host: index, thing }: Selected, view: StageView): Description | null {
  const host = view.hosts[index];
  if (host === undefined) return null;
  const teller = TELLERS[thing.kind] as Teller<Thing['kind']>;
  return teller(thing, host, view);
}

function find(host: StageHost, id: number): StageDomain | undefined {
  return host.domains.find((domain) => domain.id === id);
}

function mebibytes(pages: number): string {
  return `${(pages / PAGES_PER_MB).toFixed(1)} MiB`;
}

function describeXen(host: StageHost): Description {
  const { all, free } = host.frames;
  return {
    title: 'Xen, the hypervisor',
    says: [
      'The one program that runs with full privilege. Kernels of domains call it for what they may not do themselves (hypercalls), and it hands them what the processor reports (traps) and what has happened (event upcalls).',
      'It decides who has a processor, and it checks every page table before a processor uses it.',
    ],
    facts: [
      fact('scheduler', host.scheduler),
      fact('domains', host.domains.length),
      fact('memory', `${mebibytes(all)}, of which ${mebibytes(free)} are free`),
    ],
    header: 'public/xen.h',
    source: 'hypervisor/xen.ts',
    event: 'hypercall',
  };
}

function describeProcessor(id: number, host: StageHost): Description | null {
  const processor = host.processors.find((each) => each.id === id);
  if (processor === undefined) return null;
  const { running, waiting, idle } = processor;
  const name = namesIn(host);
  const vcpuName = (each: { domain: number; vcpu: number }): string =>
    `vcpu ${String(each.vcpu)} of ${name(each.domain)}`;
  return {
    title: `Processor ${String(id)}`,
    says: [
      running === null
        ? 'Nobody has it: no vcpu that may run here can go on. It waits for an interrupt.'
        : `${vcpuName(running)} has it, until it blocks, its slice ends, or one that comes first wakes.`,
    ],
    facts: [
      ...(running === null ? [] : [fact('runs', vcpuName(running), { kind: 'vcpu', ...running })]),
      ...waiting.map((each, n) => fact(n === 0 ? 'next' : 'then', vcpuName(each), { kind: 'vcpu', ...each })),
      fact('idle', `${(idle * 100).toFixed(1)} % of the time so far`),
      fact('scheduler', host.scheduler),
    ],
    header: 'public/vcpu.h',
    source: 'hypervisor/state/pcpu.ts',
    event: `schedule /^processor ${String(id)}:/`,
  };
}

const MACHINE_SAYS = {
  disk: 'A disk of the machine (virtio): domain 0’s kernel drives it, and gives parts of it to guests as their disks.',
  card: 'The machine’s network card (virtio): domain 0’s kernel drives it, and its bridge joins guests to it.',
  share: 'Files of the lab, which domain 0 has at /lab (virtio 9p).',
  serial: 'The serial port: Xen’s own console, and domain 0’s through it.',
} as const;

function describeMachine(index: number, host: StageHost): Description | null {
  const device = host.machine[index];
  if (device === undefined) return null;
  return {
    title: device.kind === 'serial' ? 'The serial port' : `${device.kind}: ${device.name}`,
    says: [MACHINE_SAYS[device.kind]],
    facts: [],
    header: 'public/physdev.h',
    source: 'devices/platform.ts',
    event: null,
  };
}

function describeDomain(id: number, host: StageHost): Description | null {
  const domain = find(host, id);
  if (domain === undefined) return null;
  const { isPrivileged, pages, maxPages, vcpus, ports, granted, mapped, scheduling, letters, inside } =
    domain;
  const limit = maxPages > 0xffff_ffff ? 'no limit' : mebibytes(maxPages);
  return {
    title: `${domainName(domain)}, domain ${String(id)}`,
    says: [
      isPrivileged
        ? 'The privileged domain: it drives the hardware, serves the others’ disks and cards, and holds the tools that make and end domains.'
        : 'A guest: a kernel that knows that it runs on Xen (paravirtualized), with memory, vcpus and event channels of its own.',
    ],
    facts: [
      fact('state, as xm list', letters),
      fact('memory', `${mebibytes(pages)}; at most ${limit}`),
      ...vcpus.map((vcpu) =>
        fact(`vcpu ${String(vcpu.id)}`, vcpu.state, { kind: 'vcpu', domain: id, vcpu: vcpu.id }),
      ),
      fact('event channels', ports.length),
      fact('grants of its pages in use', granted),
      fact('grants of others that it has mapped', mapped),
      ...Object.entries(scheduling).map(([name, value]) => fact(name, value)),
      ...(inside?.processes ?? []).map(({ pid, name }) =>
        fact(`process ${String(pid)}`, name, { kind: 'process', domain: id, pid }),
      ),
    ],
    header: 'public/domctl.h: struct xen_domctl_getdomaininfo',
    source: 'hypervisor/state/domain.ts',
    event: `hypercall domain ${String(id)}`,
  };
}

function describeVcpu(id: number, n: number, host: StageHost): Description | null {
  const domain = find(host, id);
  const vcpu = domain?.vcpus[n];
  if (domain === undefined || vcpu === undefined) return null;
  const { state, why, mode, seconds, processor } = vcpu;
  return {
    title: `vcpu ${String(n)} of ${domainName(domain)}`,
    says: [
      why === ''
        ? `It runs, in its ${mode === 'kernel' ? 'kernel' : 'user’s program'}.`
        : `It does not run: ${why}.`,
    ],
    facts: [
      fact('run state', `RUNSTATE_${state}`),
      ...(processor === null
        ? []
        : [fact('on', `processor ${String(processor)}`, { kind: 'processor', id: processor })]),
      fact('mode', mode),
      fact('has run for', `${seconds.toFixed(6)} s`),
      fact('domain', domainName(domain), { kind: 'domain', domain: id }),
    ],
    header: 'public/vcpu.h: RUNSTATE_*',
    source: 'hypervisor/state/vcpu.ts',
    event: `hypercall domain ${String(id)}`,
  };
}

function describePort(id: number, port: number, host: StageHost): Description | null {
  const domain = find(host, id);
  const found = domain?.ports.find((each) => each.port === port);
  if (domain === undefined || found === undefined) return null;
  const { binding, pending, masked, vcpu } = found;
  const name = namesIn(host);
  const effect = pending
    ? masked
      ? 'It is raised, but masked: the guest has asked not to be told of it now.'
      : `It is raised: vcpu ${String(vcpu)} will be told by an upcall, or is at it.`
    : masked
      ? 'It is masked: raising it sets a bit, and tells nobody until it is unmasked.'
      : 'It is not raised. Raising it sets a bit in memory that the guest shares with Xen, and wakes the guest.';
  return {
    title: `Port ${String(port)} of ${domainName(domain)}`,
    says: [`An end of an event channel: ${bindingWords(binding, name)}.`, effect],
    facts: [
      ...(binding.to === 'domain'
        ? [
            fact('other end', `port ${String(binding.port)} of ${name(binding.domain)}`, {
              kind: 'port',
              domain: binding.domain,
              port: binding.port,
            }),
          ]
        : []),
      fact('pending', pending ? 'yes' : 'no'),
      fact('masked', masked ? 'yes' : 'no'),
      fact('tells', `vcpu ${String(vcpu)}`, { kind: 'vcpu', domain: id, vcpu }),
    ],
    header: 'public/event_channel.h: struct evtchn_status',
    source: 'hypervisor/events/send.ts',
    event: `port domain ${String(id)} /port ${String(port)}$/`,
  };
}

const TYPE_SAYS: Readonly<Record<string, string>> = {
  writable: 'At least one writable mapping exists: so it can be no page table now.',
  descriptors: 'It holds segment descriptors that a processor uses: nobody may write to it but by Xen.',
  none: 'Nobody uses it in a way that would forbid another.',
};

function describeFrame(mfn: number, host: StageHost, view: StageView): Description | null {
  const { frame } = view;
  if (frame?.mfn !== mfn) return null;
  const { owner, type, typeCount, count, pfn, isPinned, isShared, references, moreReferences, grants } =
    frame;
  const name = namesIn(host);
  const whose =
    owner === -2 ? 'It is free.' : owner === -1 ? 'It is Xen’s own.' : `It belongs to ${name(owner)}.`;
  const isTable = /^L\d/.test(type);
  return {
    title: `Machine frame ${hex(mfn)}`,
    says: [
      whose,
      ...(isShared ? ['Xen has made it, and shares it with its owner.'] : []),
      isTable
        ? `It is a page table (${type}): nobody may map it writable, and every entry in it has been checked.`
        : (TYPE_SAYS[type] ?? ''),
    ].filter((each) => each !== ''),
    facts: [
      ...(owner >= 0 ? [fact('owner', name(owner), { kind: 'domain', domain: owner })] : []),
      ...(pfn >= 0 ? [fact('its owner calls it', `pfn ${hex(pfn)}`)] : []),
      fact(
        'type',
        `${type}, held ${typeCount === 1 ? 'once' : `${String(typeCount)} times`}${isPinned ? ', pinned' : ''}`,
      ),
      fact('references', count),
      ...grants.map(({ ref, to, writers }) =>
        fact(`grant ${String(ref)}`, `in use by ${name(to)}${writers > 0 ? ', which may write' : ''}`),
      ),
      ...references.map(({ table, level, slot, writable }) =>
        fact(
          `L${String(level)} entry ${String(slot)}`,
          `of table ${hex(table)}${writable ? ', writable' : ', read-only'}`,
          { kind: 'frame', mfn: table },
        ),
      ),
      ...(moreReferences > 0 ? [fact('and', `${String(moreReferences)} entries more`)] : []),
    ],
    header: 'public/xen.h: MMUEXT_PIN_*; the types are Xen’s own (asm-x86/mm.h: PGT_*)',
    source: 'hypervisor/memory/frame-table.ts',
    event: `page_type /mfn ${hex(mfn)}:/`,
  };
}

function describeNode(path: string, host: StageHost): Description | null {
  let node = host.store?.root ?? null;
  for (const name of path.split('/').slice(1))
    node = node?.children.find((child) => child.name === name) ?? null;
  if (node === null) return null;
  return {
    title: path,
    says: [
      'A node of xenstore: a small text that domains read, write and watch, by which a guest’s drivers find their other halves in domain 0.',
    ],
    facts: [
      fact('value', node.value === '' ? '(empty)' : node.value),
      fact('below it', node.children.length),
    ],
    header: 'public/io/xs_wire.h',
    source: 'guests/dom0/xenstored/',
    event: `xenstore ${path}`,
  };
}
