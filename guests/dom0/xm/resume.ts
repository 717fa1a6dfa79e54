/** xm resume DOMAIN: lets a domain that has suspended itself go on here: one that was given away, and nobody says whether it came. */
import { SHUTDOWN_suspend } from 'xen';
import { COMMITMENT, ENDED, MIGRATING, Record, sendingOf, UNKNOWN } from 'dom0/lib/migration/record';
import { findDomain } from 'dom0/lib/domains';
import { pathOf } from 'dom0/lib/nodes';
import { resumeDomain } from 'dom0/lib/saved/suspend';
import { complain, complainOf } from 'programs/lib/io';
import { writeNode } from 'programs/lib/store';
import { domainOf } from './arguments';
import { isSuspended, resumeSuspended } from './suspend';
import { misused } from './switches';

export function resume(args: string[]): i32 {
  if (args.length != 1) return misused();
  if (findDomain(args[0]) == null && isSuspended(args[0])) return resumeSuspended(args[0]);
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  if (!domain.isShutDown || domain.reason != SHUTDOWN_suspend) {
    complain(domain.name + ': it has not suspended itself');
    return 1;
  }
  if (!isOurs(sendingOf(domain.uuid))) {
    complain(domain.name + ': it is on its way');
    return 1;
  }
  const failed = resumeDomain(domain.id);
  if (failed < 0) return complainOf(domain.name, failed);
  const name = domain.name;
  if (name.startsWith(MIGRATING)) writeNode(pathOf(domain.id) + '/name', name.substring(MIGRATING.length));
  return 0;
}

/** Whoever says this knows that it runs nowhere else: the other host is not asked any more. */
function isOurs(kept: Record): bool {
  return kept.state == '' || kept.state == ENDED || kept.change([COMMITMENT, UNKNOWN], ENDED);
}
