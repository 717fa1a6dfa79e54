/** A domain that has been built, or restored, gets what makes it one of the host's: its nodes in the store, devices, processors. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { CLOCK_REALTIME } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import * as hyper from 'dom0/lib/hypercalls';
import { dropConfig } from 'dom0/lib/managed';
import { leavingDomid } from 'dom0/lib/migration/record';
import { describe as describeNodes, Described, describeRings, forget } from 'dom0/lib/nodes';
import { clock } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { introduce } from 'programs/lib/store';
import { NS_PER_SECOND } from 'programs/lib/time';
import { makeDevices } from './devices';
import { schedule } from './scheduling';
import { nameOf } from './wanted';

/** What its configuration says of it; ids, frames and ports are to be filled in. */
export function descriptionOf(config: Config, vcpus: u32, memoryMb: u64, maxMemoryMb: u64): Described {
  const domain = new Described();
  domain.name = nameOf(config);
  domain.kernel = config.textOf('kernel');
  domain.ramdisk = config.textOf('ramdisk');
  domain.memoryKib = memoryMb * 1024;
  domain.maxMemoryKib = maxMemoryMb * 1024;
  domain.vcpus = vcpus;
  const ns = clock(CLOCK_REALTIME);
  domain.startTime =
    (ns / NS_PER_SECOND).toString() + '.' + ((ns % NS_PER_SECOND) / 10_000_000).toString().padStart(2, '0');
  return domain;
}

/**
 * Describes it in the store, and makes the devices that were read. `kept`: what became of keeping its configuration. Empty, or what is
 * wrong: then nothing is left of it.
 */
export function present(domain: Described, kept: i32): string {
  const failed = kept < 0 ? kept : describeNodes(domain);
  let problem = failed < 0 ? 'the store: ' + describe(failed) : makeDevices(domain.domid);
  if (problem == '') problem = schedule(domain.domid, domain.vcpus);
  if (problem != '') withdraw(domain);
  return problem;
}

/** Tells of its rings, where it is known where they are, and lets it run. Empty, or what is wrong: then nothing is left of it. */
export function connect(domain: Described, runs: bool): string {
  let problem = '';
  let failed = describeRings(domain);
  if (failed == 0) failed = introduce(domain.domid, domain.storeMfn, domain.storePort);
  if (failed < 0) problem = 'the store: ' + describe(failed);
  if (problem == '' && runs) {
    hyper.begin();
    failed = hyper.domctl(XEN_DOMCTL_unpausedomain, domain.domid);
    if (failed < 0) problem = describe(failed);
  }
  if (problem != '') withdraw(domain);
  return problem;
}

/** Takes away all that there is of one that cannot be. */
export function withdraw(domain: Described): void {
  hyper.begin();
  hyper.domctl(XEN_DOMCTL_destroydomain, domain.domid);
  forget(domain.domid);
  if (leavingDomid(domain.uuid) == '') dropConfig(domain.uuid);
}
