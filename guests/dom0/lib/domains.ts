/** The domains of the host, as Xen tells of them. */
import * as xen from 'xen';
import { xen_domctl_getdomaininfo, xen_sysctl_getdomaininfolist } from 'xen';
import { bad, number } from 'programs/lib/text';
import { sleepNs } from 'programs/lib/calls';
import * as hyper from './hypercalls';
import { pathOf } from './nodes';
import { failure, readNode } from 'programs/lib/store';
import { UUID_BYTES, uuidAt } from './uuid';

const MAX_DOMAINS: i32 = 128;
const INFO_BYTES: i32 = <i32>xen_domctl_getdomaininfo.SIZE;

export class Domain {
  id: u32;
  flags: u32;
  pages: u64;
  maxPages: u64;
  /** ns */
  cpuTime: u64;
  vcpus: u32;
  maxVcpu: u32;
  private handle: StaticArray<u8> = new StaticArray<u8>(UUID_BYTES);
  private knownName: string = '';

  constructor(info: usize) {
    this.id = load<u16>(info, xen_domctl_getdomaininfo.domain);
    this.flags = load<u32>(info, xen_domctl_getdomaininfo.flags);
    this.pages = load<u64>(info, xen_domctl_getdomaininfo.tot_pages);
    this.maxPages = load<u64>(info, xen_domctl_getdomaininfo.max_pages);
    this.cpuTime = load<u64>(info, xen_domctl_getdomaininfo.cpu_time);
    this.vcpus = load<u32>(info, xen_domctl_getdomaininfo.nr_online_vcpus);
    this.maxVcpu = load<u32>(info, xen_domctl_getdomaininfo.max_vcpu_id);
    memory.copy(changetype<usize>(this.handle), info + xen_domctl_getdomaininfo.handle, UUID_BYTES);
  }

  /** As the store has it. The store's own server does not ask. */
  get name(): string {
    if (this.knownName == '') {
      const name = readNode(pathOf(this.id) + '/name');
      this.knownName = failure == 0 && name != '' ? name : 'Domain-' + this.id.toString();
    }
    return this.knownName;
  }

  get uuid(): string {
    return uuidAt(changetype<usize>(this.handle));
  }

  get isDying(): bool {
    return this.has(xen.XEN_DOMINF_dying);
  }
  get isPaused(): bool {
    return this.has(xen.XEN_DOMINF_paused);
  }
  get isShutDown(): bool {
    return this.has(xen.XEN_DOMINF_shutdown);
  }

  private has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  /** SHUTDOWN_*, if it has shut down. */
  get reason(): u32 {
    return (this.flags >> xen.XEN_DOMINF_shutdownshift) & xen.XEN_DOMINF_shutdownmask;
  }

  /** As `xm list` shows it: running, blocked, paused, shut down, crashed, dying. */
  get state(): string {
    const down = this.has(xen.XEN_DOMINF_shutdown);
    const crashed = down && this.reason == xen.SHUTDOWN_crash;
    return (
      (this.has(xen.XEN_DOMINF_running) ? 'r' : '-') +
      (this.has(xen.XEN_DOMINF_blocked) ? 'b' : '-') +
      (this.has(xen.XEN_DOMINF_paused) ? 'p' : '-') +
      (down && !crashed ? 's' : '-') +
      (crashed ? 'c' : '-') +
      (this.has(xen.XEN_DOMINF_dying) ? 'd' : '-')
    );
  }
}

/** All domains, by id; the negative errno is in `listFailure` where Xen refuses. */
export let listFailure: i32 = 0;
export function listDomains(): Domain[] {
  const buffer = new ArrayBuffer(MAX_DOMAINS * INFO_BYTES);
  hyper.begin();
  const at = hyper.sysctlPart();
  store<u32>(at, MAX_DOMAINS, xen_sysctl_getdomaininfolist.max_domains);
  store<u64>(at, changetype<usize>(buffer), xen_sysctl_getdomaininfolist.buffer);
  listFailure = hyper.sysctl(xen.XEN_SYSCTL_getdomaininfolist);
  const domains: Domain[] = [];
  const count = listFailure < 0 ? <u32>0 : load<u32>(at, xen_sysctl_getdomaininfolist.num_domains);
  for (let n: u32 = 0; n < count; n++) domains.push(new Domain(changetype<usize>(buffer) + n * INFO_BYTES));
  return domains;
}

/** Whether a domain may be called so (xend's check_name). */
export function isValidName(name: string): bool {
  for (let n = 0; n < name.length; n++) {
    const code = name.charCodeAt(n);
    const isWord = (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
    if (!isWord && !'_-.:/+'.includes(name.charAt(n))) return false;
  }
  return name != '';
}

const LOOK_NS: u64 = 1_000_000;
const MAX_LOOKS = 1000;

/** Waits, a second at most, until nothing is left of a domain: whoever has mapped pages of it lets go of them. */
export function awaitGone(id: u32): void {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const domains = listDomains();
    let isThere = false;
    for (let n = 0; n < domains.length; n++) if (domains[n].id == id) isThere = true;
    if (!isThere) return;
    sleepNs(LOOK_NS);
  }
}

/** The domain of an id; null: there is none. */
export function domainOfId(id: u32): Domain | null {
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++) if (domains[n].id == id) return domains[n];
  return null;
}

/** The domain that a name or an id means; null: there is none. */
export function findDomain(text: string): Domain | null {
  const domains = listDomains();
  const id = number(text);
  const isId = !bad;
  for (let n = 0; n < domains.length; n++)
    if (domains[n].name == text || (isId && domains[n].id == <u32>id)) return domains[n];
  return null;
}
