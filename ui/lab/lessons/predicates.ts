/** What several lessons ask of a host. */
import { SHUTDOWN_poweroff } from '../../../hypervisor/abi/sched.ts';
import { cpuTimeNs } from '../../../hypervisor/hypercalls/domctl/info.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { Facts, Note } from './facts.ts';
import type { LessonHost } from './lesson-world.ts';

export const PAGES_PER_MB = 256;
/** What is being built looks, for a moment, like what is to be built: this long, in ns, nobody has built anything. */
const CALM_NS = 100e6;
const CALM = 'last domctl at';
/** Commands of domctl that look, and change nothing. */
const LOOKS = /getdomaininfo|getvcpu|getpageframeinfo|get_|gettscinfo|getmemlist/i;

/** What the predicates below need to have noted: of each domain, its hypercalls, whether it powered itself off, was destroyed. */
export const noteDomains: Note = (facts, { domain, detail }, hypervisor) => {
  if (detail.kind === 'hypercall') facts.add(`calls of ${String(domain)}`);
  // Xen shuts down what is destroyed, too: it is by itself that counts.
  if (detail.kind === 'shutdown' && detail.domain === domain && detail.reason === SHUTDOWN_poweroff)
    facts.set(`${String(domain)} powered off`, 1);
  if (detail.kind !== 'domctl') return;
  if (!LOOKS.test(detail.command)) facts.set(CALM, hypervisor.nowNs());
  if (detail.command === 'XEN_DOMCTL_destroydomain') facts.set(`${String(detail.domain)} destroyed`, 1);
};

/** The toolstack has done nothing to a domain for a while. */
export const isCalm = (host: LessonHost): boolean => host.ns - host.fact(CALM) >= CALM_NS;

export const has = (host: LessonHost, name: string): boolean => host.domain(name) !== undefined;

/** The toolstack has paused it. */
export const isPaused = (host: LessonHost, name: string): boolean => host.letters(name)[2] === 'p';

/** The memory that it has, in MiB; 0: there is no such domain. */
export const mbOf = (host: LessonHost, name: string): number =>
  (host.domain(name)?.totalPages ?? 0) / PAGES_PER_MB;

/** How many hypercalls it has made. */
export const callsOf = (host: LessonHost, name: string): number =>
  host.fact(`calls of ${String(host.idOf(name))}`);

/** It has ended by itself. */
export const hasPoweredOff = (host: LessonHost, name: string): boolean =>
  host.fact(`${String(host.idOf(name))} powered off`) === 1;

export const wasDestroyed = (host: LessonHost, name: string): boolean =>
  host.fact(`${String(host.idOf(name))} destroyed`) === 1;

/** Its shell has asked for a command, and waits. */
export const isAtPrompt = (host: LessonHost, name: string): boolean =>
  has(host, name) && /\/ \$ $/.test(host.printed(host.idOf(name))) && host.letters(name)[1] === 'b';

/** Shares of the processor are measured over this long at least, and less than twice, in ns. */
const WINDOW_NS = 500e6;

/** What `shareOf` needs to have noted: when a window began, the one before it, and what each domain had had then. */
export const noteShares: Note = (facts, { detail }, hypervisor) => {
  const now = hypervisor.nowNs();
  if (detail.kind === 'domctl' && detail.command === 'XEN_DOMCTL_scheduler_op')
    beginWindow(facts, hypervisor);
  else if (detail.kind === 'schedule' && now - facts.get('window') >= WINDOW_NS) {
    facts.set('window before', facts.get('window'));
    for (const { id } of hypervisor.domains.values())
      facts.set(`had before ${String(id)}`, facts.get(`had ${String(id)}`));
    noteTimes(facts, hypervisor);
  }
};

/** What was before is not measured any more. */
function beginWindow(facts: Facts, hypervisor: Hypervisor): void {
  noteTimes(facts, hypervisor);
  facts.set('window before', facts.get('window'));
  for (const { id } of hypervisor.domains.values())
    facts.set(`had before ${String(id)}`, facts.get(`had ${String(id)}`));
}

function noteTimes(facts: Facts, hypervisor: Hypervisor): void {
  facts.set('window', hypervisor.nowNs());
  for (const domain of hypervisor.domains.values())
    facts.set(`had ${String(domain.id)}`, timeOf(domain, hypervisor));
}

function timeOf({ vcpus }: Domain, hypervisor: Hypervisor): number {
  return vcpus.reduce((sum, vcpu) => sum + cpuTimeNs(vcpu, hypervisor.nowNs()), 0);
}

/** The share of a processor that a domain has had lately, since the scheduler was last told something; NaN: it is too early to say. */
export function shareOf(host: LessonHost, name: string): number {
  const domain = host.domain(name);
  const sinceNs = host.ns - host.fact('window before');
  if (domain === undefined || sinceNs < WINDOW_NS) return NaN;
  return (timeOf(domain, host.hypervisor) - host.fact(`had before ${String(domain.id)}`)) / sinceNs;
}

/** A parameter of the scheduler's, of a domain; NaN: there is no such domain, or the scheduler has none of that name. */
export function parameterOf(host: LessonHost, name: string, parameter: string): number {
  const domain = host.domain(name);
  return (domain === undefined ? undefined : host.hypervisor.scheduler.parameters(domain)[parameter]) ?? NaN;
}
