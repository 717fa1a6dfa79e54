/** A host as the stage draws it, whatever the lens: its machine, its domains, who runs, what is bound to what. */
import { VirtioNineP } from '../../../devices/virtio/9p.ts';
import { VirtioBlock } from '../../../devices/virtio/block.ts';
import type { VirtioDevice } from '../../../devices/virtio/device.ts';
import { VirtioNet } from '../../../devices/virtio/net.ts';
import { inUse } from '../../../hypervisor/grants/pin.ts';
import { cpuTimeNs } from '../../../hypervisor/hypercalls/domctl/info.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { idleNs, runsOn } from '../../../hypervisor/state/pcpu.ts';
import type { Pcpu } from '../../../hypervisor/state/pcpu.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import type { InsideView } from '../inside/view.ts';
import type { Lab } from '../lab.ts';
import { portViews } from '../ports.ts';
import { domainViews } from '../views.ts';
import type { MachineDevice, StageDomain, StageHost, StageProcessor, StageVcpu, VcpuName } from './view.ts';

const STATES = ['running', 'runnable', 'blocked', 'offline'] as const;

/** What is there whatever one looks at; `insideOf` a domain, as Insides.of. */
export function stageHost(
  name: string,
  lab: Lab,
  insideOf: (domain: Domain) => InsideView | null,
): Omit<StageHost, 'moves' | 'memory' | 'devices' | 'store'> {
  const { hypervisor } = lab;
  const views = domainViews(hypervisor, lab.witness.names);
  return {
    name,
    ns: lab.ns,
    scheduler: hypervisor.scheduler.name,
    processors: hypervisor.pcpus.map((pcpu) => processorOf(hypervisor, pcpu)),
    domains: views.map(({ id, letters, ended, name: known }) => {
      const domain = hypervisor.domains.get(id)!;
      return { ...domainOf(hypervisor, domain), name: known, letters, ended, inside: insideOf(domain) };
    }),
    frames: { all: hypervisor.frames.frames, free: hypervisor.frames.freeFrames },
    machine: machineOf(hypervisor),
  };
}

function processorOf(hypervisor: Hypervisor, pcpu: Pcpu): StageProcessor {
  const now = hypervisor.nowNs();
  return {
    id: pcpu.id,
    running: pcpu.running === null ? null : nameOf(pcpu.running),
    waiting: hypervisor.scheduler.waiting(pcpu).map(nameOf),
    idle: now === 0 ? 0 : idleNs(pcpu, now) / now,
  };
}

function nameOf({ domain, id }: Vcpu): VcpuName {
  return { domain: domain.id, vcpu: id };
}

function domainOf(
  hypervisor: Hypervisor,
  domain: Domain,
): Omit<StageDomain, 'name' | 'letters' | 'ended' | 'inside'> {
  const { grants } = domain;
  return {
    id: domain.id,
    isPrivileged: domain.isPrivileged,
    pages: domain.totalPages,
    maxPages: domain.maxPages,
    vcpus: domain.vcpus.map((vcpu) => vcpuOf(hypervisor, vcpu)),
    ports: portViews(hypervisor, domain),
    scheduling: hypervisor.scheduler.parameters(domain),
    granted: [...grants.active.values()].filter(inUse).length,
    mapped: grants.mappings.filter((mapping) => mapping !== null).length,
  };
}

function vcpuOf(hypervisor: Hypervisor, vcpu: Vcpu): StageVcpu {
  return {
    id: vcpu.id,
    state: STATES[vcpu.runstate] ?? 'offline',
    processor: runsOn(hypervisor.pcpus, vcpu)?.id ?? null,
    mode: vcpu.guestKernelMode ? 'kernel' : 'user',
    why: whyNot(hypervisor, vcpu),
    seconds: cpuTimeNs(vcpu, hypervisor.nowNs()) / 1e9,
  };
}

/** Why a vcpu does not run: the first of these that holds. */
function whyNot(hypervisor: Hypervisor, vcpu: Vcpu): string {
  const { domain } = vcpu;
  if (runsOn(hypervisor.pcpus, vcpu) !== undefined) return '';
  if (!vcpu.initialised) return 'nobody has given it registers yet';
  if (vcpu.down) return 'it is down: its kernel has not started it, or has stopped it';
  if (domain.shutdown !== null) return 'its domain has shut down';
  if (domain.pauseCount > 0) return 'its domain is paused';
  if (vcpu.isStopped === true) return 'somebody outside has stopped it';
  if (vcpu.polling) {
    const ports = vcpu.pollPorts.length === 0 ? 'any port' : `port ${vcpu.pollPorts.join(', ')}`;
    return `it polls: it waits for ${ports}, or for its time-out (SCHEDOP_poll)`;
  }
  if (vcpu.blocked) return 'it has blocked: it waits for an event (SCHEDOP_block)';
  return 'it could run, and waits for a processor';
}

function machineOf({ platform }: Hypervisor): MachineDevice[] {
  const serial: MachineDevice = { kind: 'serial', name: 'serial port' };
  return [serial, ...platform.devices.flatMap(deviceOf)];
}

function deviceOf(device: VirtioDevice): MachineDevice[] {
  if (device instanceof VirtioBlock)
    return [{ kind: 'disk', name: String.fromCharCode(...device.id.filter((byte) => byte !== 0)) }];
  if (device instanceof VirtioNet) return [{ kind: 'card', name: macOf(device.config) }];
  return device instanceof VirtioNineP ? [{ kind: 'share', name: 'files at /lab' }] : [];
}

const MAC_BYTES = 6;

function macOf(config: Uint8Array): string {
  return [...config.subarray(0, MAC_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
