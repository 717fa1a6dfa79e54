/** What a face is told of a host, of one domain of it in detail: plain data, made on demand. */
import { hypercallOf, NR_HYPERCALLS } from '../../hypervisor/hypercalls/table.ts';
import { describeEnd } from './ending.ts';
import type { Lab } from './lab.ts';
import type { LabState } from './protocol.ts';
import { branchViews } from './time/branches.ts';
import { portViews } from './ports.ts';
import { domainViews, vcpuView } from './views.ts';

export type HostState = Omit<
  LabState,
  'running' | 'stepping' | 'stopped' | 'follows' | 'breakpoints' | 'eventBreaks'
>;

/** Of a host, whatever others there are. */
type OwnState = Omit<HostState, 'hosts' | 'host' | 'migrations'>;

export const NOTHING_BOOTED: HostState = {
  booted: false,
  hosts: [],
  host: 0,
  ns: 0,
  instructions: 0,
  shown: 0,
  vcpus: [],
  domains: [],
  channels: [],
  counts: {},
  past: null,
  branches: [],
  migrations: [],
  ended: null,
};

/** `shown`: the domain whose vcpus and event channels are told. */
export function stateOf(lab: Lab, shown: number): OwnState {
  const { hypervisor, code } = lab;
  const domain = hypervisor.domains.get(shown) ?? lab.domain;
  const counts: Record<string, number> = {};
  for (let number = 0; number < NR_HYPERCALLS; number++) {
    const count = hypervisor.counts.hypercalls[number]!;
    if (count > 0) counts[hypercallOf(number)?.name ?? 'unknown'] = count;
  }
  return {
    booted: true,
    ns: lab.ns,
    instructions: lab.instructions,
    shown: domain.id,
    vcpus: domain.vcpus.map((vcpu) => vcpuView(hypervisor, vcpu, code)),
    domains: domainViews(hypervisor, lab.witness.names),
    channels: portViews(hypervisor, domain),
    counts,
    past: pastOf(lab),
    branches: branchViews(lab),
    ended: lab.crash?.message ?? (lab.domain.shutdown === null ? null : describeEnd(lab.domain, code.kernel)),
  };
}

function pastOf(lab: Lab): LabState['past'] {
  const { past, periodNs, endTicks } = lab;
  const [first] = past.moments;
  if (first === undefined) return null;
  return { beginNs: lab.placeIn(first).ticks * periodNs, endNs: endTicks * periodNs };
}
