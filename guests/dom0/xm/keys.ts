/** xm sysrq, debug-keys: keys for a domain's kernel, and for Xen. */
import { xen_sysctl_debug_keys, XEN_SYSCTL_debug_keys } from 'xen';
import * as hyper from 'dom0/lib/hypercalls';
import { pathOf } from 'dom0/lib/nodes';
import { complain, complainOf } from 'programs/lib/io';
import { writeNode } from 'programs/lib/store';
import { domainOf } from './arguments';
import { misused } from './switches';

/** The domain's kernel looks at this node, and does what the letter asks for. */
export function sysrq(args: string[]): i32 {
  if (args.length != 2) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  if (args[1].length != 1 || domain.id == 0) {
    complain(
      args[1].length != 1 ? args[1] + ': it is to be one letter' : 'Domain-0: this is the host itself',
    );
    return 1;
  }
  const failed = writeNode(pathOf(domain.id) + '/control/sysrq', args[1]);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

/** What Xen tells is on its console: `xm dmesg` shows it. */
export function debugKeys(args: string[]): i32 {
  if (args.length != 1) return misused();
  const keys = String.UTF8.encode(args[0]);
  hyper.begin();
  store<u64>(hyper.sysctlPart(), changetype<usize>(keys), xen_sysctl_debug_keys.keys);
  store<u32>(hyper.sysctlPart(), keys.byteLength, xen_sysctl_debug_keys.nr_keys);
  const failed = hyper.sysctl(XEN_SYSCTL_debug_keys);
  return failed < 0 ? complainOf('debug-keys', failed) : 0;
}
