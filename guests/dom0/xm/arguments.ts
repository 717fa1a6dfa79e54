/** What commands of xm are given: domains, numbers, sets of processors. What is wrong is said at once. */
import { Domain, findDomain, listDomains, listFailure } from 'dom0/lib/domains';
import { complain, complainOf } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

/** The domain that a name or an id means; null: there is none. */
export function domainOf(text: string): Domain | null {
  const domain = findDomain(text);
  if (domain == null) complain("Domain '" + text + "' does not exist.");
  return domain;
}

/** The domains that the arguments mean, all of them without any; null: one is not there. */
export function domainsOf(args: string[]): Domain[] | null {
  if (args.length == 0) {
    const domains = listDomains();
    if (listFailure == 0) return domains;
    complainOf('the list of domains', listFailure);
    return null;
  }
  const domains: Domain[] = [];
  for (let n = 0; n < args.length; n++) {
    const domain = domainOf(args[n]);
    if (domain == null) return null;
    domains.push(domain);
  }
  return domains;
}

/** A whole number within bounds. */
export let isNumber: bool = false;
export function numberOf(what: string, text: string, least: i64, most: i64): i64 {
  const value = number(text);
  isNumber = !bad && value >= least && value <= most;
  if (!isNumber)
    complain(what + ': it is to be a number from ' + least.toString() + ' to ' + most.toString());
  return value;
}

/** How many processors a set can name. */
export const MAX_CPUS: i32 = 64;

/** As `processorsIn`; what is wrong has been said. */
export function processorsOf(text: string): u64 {
  const set = processorsIn(text);
  if (set == 0) complain(unknownProcessors);
  return set;
}

/** What was wrong with a set of processors. */
export let unknownProcessors: string = '';

/** A set of processors, a bit each: `all`, or numbers, ranges and exceptions as `0-3,^1,5`; 0: it is none. */
export function processorsIn(text: string): u64 {
  if (text == 'all') return ~(<u64>0);
  let set: u64 = 0;
  const parts = text.split(',');
  for (let n = 0; n < parts.length; n++) {
    const isLess = parts[n].startsWith('^');
    const bounds = (isLess ? parts[n].substring(1) : parts[n]).split('-');
    const first = number(bounds[0]);
    let wrong = bad;
    const last = number(bounds[bounds.length - 1]);
    wrong = wrong || bad || bounds.length > 2 || first < 0 || last >= MAX_CPUS || first > last;
    if (wrong) {
      unknownProcessors = text + ': processors are named as 0-3,^1,5 or all';
      return 0;
    }
    for (let cpu = first; cpu <= last; cpu++)
      set = isLess ? set & ~((<u64>1) << cpu) : set | ((<u64>1) << cpu);
  }
  if (set == 0) unknownProcessors = text + ': this is no processor at all';
  return set;
}

/** A set of processors as `0-3,5`. */
export function processorsText(set: u64): string {
  let text = '';
  for (let cpu = 0; cpu < MAX_CPUS; cpu++) {
    if (((set >> cpu) & 1) == 0) continue;
    const first = cpu;
    while (cpu + 1 < MAX_CPUS && ((set >> (cpu + 1)) & 1) != 0) cpu++;
    text += (text == '' ? '' : ',') + first.toString() + (cpu > first ? '-' + cpu.toString() : '');
  }
  return text;
}
