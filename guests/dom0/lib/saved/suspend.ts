/**
 * Asking a domain to suspend itself, and letting it go on (libxl_dom_suspend.c, xg_resume.c). It is asked by the event channel
 * that it has told of (device/suspend/event-channel), or else in the store (control/shutdown), where it takes the word away when
 * it has heard it.
 */
import * as xen from 'xen';
import { vcpu_guest_context, xen_domctl_subscribe } from 'xen';
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock, close, sleepNs } from 'programs/lib/calls';
import { readNode, writeNode } from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';
import { Domain, domainOfId } from '../domains';
import { EventChannels } from '../event-channels';
import * as hyper from '../hypercalls';
import { pathOf } from '../nodes';
import { getVcpuContext, setVcpuContext } from '../vcpu-context';

const SECOND: u64 = 1_000_000_000;
/** How long it may take. */
const PATIENCE_NS: u64 = 60 * SECOND;
const LOOK_NS: u64 = 500_000;

/** Somebody who has something to do when the domain has been asked. */
export interface Asked {
  asked(): void;
}

/** Asks it, and waits until it has suspended itself: empty, or why it has not. `asked` is called between. */
export function suspendDomain(domid: u32, asked: Asked | null = null): string {
  const port = number(readNode(pathOf(domid) + '/device/suspend/event-channel'));
  const hasPort = !bad && port > 0;
  const node = hasPort && askByEvent(domid, <u32>port) ? '' : pathOf(domid) + '/control/shutdown';
  const failed = node == '' ? 0 : writeNode(node, 'suspend');
  if (asked != null) asked.asked();
  return failed < 0 ? 'it cannot be asked to suspend itself' : waitUntilSuspended(domid, node);
}

function askByEvent(domid: u32, port: u32): bool {
  const channels = new EventChannels();
  if (channels.fd < 0) return false;
  const bound = channels.bindInterdomain(domid, port);
  if (bound > 0) {
    hyper.begin();
    store<u32>(hyper.domctlPart(), port, xen_domctl_subscribe.port);
    hyper.domctl(xen.XEN_DOMCTL_subscribe, domid);
    channels.notify(bound);
  }
  close(channels.fd);
  return bound > 0;
}

/** Waits until one that was asked before, by whomever, has suspended itself: empty, or why it has not. */
export function awaitSuspended(domid: u32): string {
  return waitUntilSuspended(domid, pathOf(domid) + '/control/shutdown');
}

function waitUntilSuspended(domid: u32, node: string): string {
  const end = clock(CLOCK_MONOTONIC) + PATIENCE_NS;
  for (;;) {
    const domain = domainOfId(domid);
    if (domain == null || domain.isDying) return 'it is gone';
    if (domain.isShutDown) return reasonOf(domain);
    if (clock(CLOCK_MONOTONIC) >= end) break;
    sleepNs(LOOK_NS);
  }
  // It is not to do so when nobody waits for it any more.
  if (node != '') writeNode(node, '');
  return 'it did not suspend itself within a minute';
}

function reasonOf(domain: Domain): string {
  return domain.reason == xen.SHUTDOWN_suspend ? '' : 'it has ended instead of suspending itself';
}

/** Lets a domain that has suspended itself go on: its call says that it was called off. 0, or a negative errno. */
export function resumeDomain(domid: u32): i32 {
  const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
  const at = changetype<usize>(context);
  let failed = getVcpuContext(domid, 0, at);
  store<u64>(at, 1, vcpu_guest_context.user_regs_rax);
  if (failed == 0) failed = setVcpuContext(domid, 0, at);
  hyper.begin();
  return failed < 0 ? failed : hyper.domctl(xen.XEN_DOMCTL_resumedomain, domid);
}
