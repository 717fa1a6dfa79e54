/**
 * xm sched-credit, sched-sedf, sched-bvt, sched-atropos: a domain's parameters of the scheduler that runs. Each scheduler's are a
 * structure of its own; a command knows it as a table of its members.
 */
import * as xen from 'xen';
import { atropos_adjdom, bvt_adjdom, xen_domctl_sched_credit, xen_domctl_sched_sedf } from 'xen';
import { xen_domctl_scheduler_op } from 'xen';
import { xen_sysctl_sched_id } from 'xen';
import { Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { describe } from 'programs/lib/errno';
import { complain, complainOf, print } from 'programs/lib/io';
import { domainOf, domainsOf, isNumber, numberOf } from './arguments';
import { isSet, misused, valueOf } from './switches';
import { vcpusOf } from './vcpus';

/** A member of a scheduler's structure: its heading, where it is, how large, and what it is at least. */
class Parameter {
  constructor(
    public name: string,
    public at: usize,
    public bytes: i32,
    public least: i64,
  ) {}

  get most(): i64 {
    return this.bytes == 2
      ? 0xffff
      : this.bytes == 4
        ? this.least < 0
          ? i32.MAX_VALUE
          : 0xffff_ffff
        : i64.MAX_VALUE;
  }

  read(part: usize): i64 {
    const from = part + this.at;
    if (this.bytes == 2) return load<u16>(from);
    if (this.bytes == 8) return load<i64>(from);
    return this.least < 0 ? load<i32>(from) : load<u32>(from);
  }

  /** As it is shown. */
  told(part: usize): string {
    return this.read(part).toString();
  }

  /** What somebody has typed; where it is none, that has been said, and `isNumber` says so. */
  taken(text: string, most: i64): i64 {
    return numberOf(this.name, text, this.least, most);
  }

  write(part: usize, value: i64): void {
    const to = part + this.at;
    if (this.bytes == 2) store<u16>(to, <u16>value);
    else if (this.bytes == 4) store<u32>(to, <u32>value);
    else store<i64>(to, value);
  }
}

const NS_PER_MS: i64 = 1_000_000;
const MS_DIGITS = 6;

/** A time that is told in ms: of ns. */
class Milliseconds extends Parameter {
  told(part: usize): string {
    const tenths = (this.read(part) + NS_PER_MS / 20) / (NS_PER_MS / 10);
    return (tenths / 10).toString() + '.' + (tenths % 10).toString();
  }

  taken(text: string, most: i64): i64 {
    const parts = text.split('.');
    const whole = numberOf(this.name, parts[0], 0, most / NS_PER_MS);
    if (!isNumber || parts.length == 1) return whole * NS_PER_MS;
    // What is behind the point, as digits of a million.
    const digits = parts.slice(1).join('.').padEnd(MS_DIGITS, '0');
    return whole * NS_PER_MS + numberOf(this.name, digits, 0, NS_PER_MS - 1);
  }
}

class SchedulerCommand {
  constructor(
    public name: string,
    public id: u32,
    public parameters: Parameter[],
  ) {}
}

/** In percent of a processor; 0: none. */
const CAP = new Parameter('Cap', xen_domctl_sched_credit.cap, 2, 0);
const CREDIT = new SchedulerCommand('credit', xen.XEN_SCHEDULER_CREDIT, [
  new Parameter('Weight', xen_domctl_sched_credit.weight, 2, 1),
  CAP,
]);
const SEDF = new SchedulerCommand('sedf', xen.XEN_SCHEDULER_SEDF, [
  new Milliseconds('Period(ms)', xen_domctl_sched_sedf.period, 8, 0),
  new Milliseconds('Slice(ms)', xen_domctl_sched_sedf.slice, 8, 0),
  new Milliseconds('Lat(ms)', xen_domctl_sched_sedf.latency, 8, 0),
  new Parameter('Extra', xen_domctl_sched_sedf.extratime, 4, 0),
  new Parameter('Weight', xen_domctl_sched_sedf.weight, 4, 0),
]);
/** The switches of sched-sedf, in the order of its parameters. */
const SEDF_SWITCHES = ['period', 'slice', 'latency', 'extra', 'weight'];
const SEDF_PERIOD: i32 = 0;
const SEDF_SLICE: i32 = 1;
const SEDF_WEIGHT: i32 = 4;
/** Limits of warping in ms. */
const BVT = new SchedulerCommand('bvt', xen.SCHED_BVT, [
  new Parameter('McuAdv', bvt_adjdom.mcu_adv, 4, 0),
  new Parameter('WarpBack', bvt_adjdom.warpback, 4, 0),
  new Parameter('WarpValue', bvt_adjdom.warpvalue, 4, i32.MIN_VALUE),
  new Parameter('WarpL', bvt_adjdom.warpl, 8, 0),
  new Parameter('WarpU', bvt_adjdom.warpu, 8, 0),
]);
/** The shortest period of Xen's atropos, and what goes with it. */
const ATROPOS_MIN_NS: i64 = 100_000;

/** Times in ns. */
const ATROPOS = new SchedulerCommand('atropos', xen.SCHED_ATROPOS, [
  new Parameter('Period', atropos_adjdom.nat_period, 8, 0),
  new Parameter('Slice', atropos_adjdom.nat_slice, 8, 0),
  new Parameter('Latency', atropos_adjdom.latency, 8, ATROPOS_MIN_NS),
  new Parameter('XtraTime', atropos_adjdom.xtratime, 4, 0),
]);

function nameOf(id: u32): string {
  if (id == CREDIT.id) return CREDIT.name;
  if (id == SEDF.id) return SEDF.name;
  if (id == BVT.id) return BVT.name;
  if (id == ATROPOS.id) return ATROPOS.name;
  return id == xen.SCHED_RROBIN ? 'rrobin' : 'scheduler ' + id.toString();
}

/** The name of the scheduler that runs. */
export function schedulerName(): string {
  return nameOf(scheduler());
}

/** Whether the command's scheduler is the one that runs; if it is not, that has been said. */
function runs(command: SchedulerCommand): bool {
  const id = scheduler();
  if (id == command.id) return true;
  complain('Xen is running with the ' + nameOf(id) + ' scheduler');
  return false;
}

/** The id of the scheduler that runs. */
function scheduler(): u32 {
  hyper.begin();
  hyper.sysctl(xen.XEN_SYSCTL_sched_id);
  return load<u32>(hyper.sysctlPart(), xen_sysctl_sched_id.sched_id);
}

/** Where the scheduler's own structure is, in a domctl. */
function part(): usize {
  return hyper.domctlPart() + xen_domctl_scheduler_op.u;
}

/** Asks for, or sets, a domain's parameters. 0, or a negative errno. */
function adjust(command: SchedulerCommand, domid: u32, operation: u32): i32 {
  store<u32>(hyper.domctlPart(), command.id, xen_domctl_scheduler_op.sched_id);
  store<u32>(hyper.domctlPart(), operation, xen_domctl_scheduler_op.cmd);
  return hyper.domctl(xen.XEN_DOMCTL_scheduler_op, domid);
}

function get(command: SchedulerCommand, domid: u32): i32 {
  hyper.begin();
  return adjust(command, domid, xen.XEN_DOMCTL_SCHEDOP_getinfo);
}

/** One parameter of a domain's, for who asks without being a command; -1: the scheduler is another. */
export function creditOf(domid: u32, index: i32): i64 {
  return get(CREDIT, domid) < 0 ? -1 : CREDIT.parameters[index].read(part());
}

/** Sets a new domain's weight and cap (-1: as it is): empty, or what is wrong. */
export function setCredit(domid: u32, weight: i64, cap: i64): string {
  const id = scheduler();
  if (id != CREDIT.id) return 'cpu_weight, cpu_cap: Xen is running with the ' + nameOf(id) + ' scheduler';
  let failed = get(CREDIT, domid);
  if (failed < 0) return describe(failed);
  if (weight >= 0) CREDIT.parameters[0].write(part(), weight);
  if (cap >= 0) CAP.write(part(), cap);
  failed = adjust(CREDIT, domid, xen.XEN_DOMCTL_SCHEDOP_putinfo);
  return failed < 0 ? describe(failed) : '';
}

function show(command: SchedulerCommand, domains: Domain[]): i32 {
  let heading = 'Name'.padEnd(33) + ' ' + 'ID'.padStart(4);
  for (let n = 0; n < command.parameters.length; n++)
    heading += ' ' + command.parameters[n].name.padStart(widthOf(command.parameters[n]));
  print(heading + '\n');
  for (let n = 0; n < domains.length; n++) {
    const failed = get(command, domains[n].id);
    if (failed < 0) return complainOf(domains[n].name, failed);
    // The store is asked for the name: what Xen has answered is read first.
    let row = '';
    for (let at = 0; at < command.parameters.length; at++) {
      const parameter = command.parameters[at];
      row += ' ' + parameter.told(part()).padStart(widthOf(parameter));
    }
    print(domains[n].name.padEnd(32) + ' ' + domains[n].id.toString().padStart(5) + row + '\n');
  }
  return 0;
}

function widthOf(parameter: Parameter): i32 {
  return max(parameter.name.length, parameter.bytes == 8 ? 11 : parameter.bytes == 2 ? 4 : 8);
}

/** Sets what `values` has (by the parameters' places; empty: as it is). */
function change(command: SchedulerCommand, domain: Domain, values: string[]): i32 {
  let failed = get(command, domain.id);
  if (failed < 0) return complainOf(domain.name, failed);
  for (let n = 0; n < values.length; n++) {
    if (values[n] == '') continue;
    const parameter = command.parameters[n];
    // Xen itself would take any cap.
    const most = parameter == CAP ? <i64>vcpusOf(domain) * 100 : parameter.most;
    const value = parameter.taken(values[n], most);
    if (!isNumber) return 1;
    parameter.write(part(), value);
  }
  failed = adjust(command, domain.id, xen.XEN_DOMCTL_SCHEDOP_putinfo);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

/** sched-bvt and sched-atropos: a domain and all its parameters, or a domain, or nothing, to see them. */
function byPlace(command: SchedulerCommand, args: string[]): i32 {
  const count = command.parameters.length;
  if (args.length > 1 && args.length != 1 + count) return misused();
  if (!runs(command)) return 1;
  const domains = domainsOf(args.slice(0, 1));
  if (domains == null) return 1;
  return args.length > 1 ? change(command, domains[0], args.slice(1)) : show(command, domains);
}

export function schedBvt(args: string[]): i32 {
  return byPlace(BVT, args);
}
export function schedAtropos(args: string[]): i32 {
  return byPlace(ATROPOS, args);
}

/** A weight alone is in place of a period and a slice, as xm of Xen 3 has it. */
export function schedSedf(args: string[]): i32 {
  const values = new Array<string>();
  let changes = false;
  for (let n = 0; n < SEDF_SWITCHES.length; n++) {
    values.push(valueOf(SEDF_SWITCHES[n]));
    changes = changes || isSet(SEDF_SWITCHES[n]);
  }
  if (args.length > 1) return misused();
  if (changes && args.length == 0) {
    complain('No domain given.');
    return misused();
  }
  const hasWeight = values[SEDF_WEIGHT] != '' && values[SEDF_WEIGHT] != '0';
  if (hasWeight && (isSet('period') || isSet('slice'))) {
    complain('A weight is in place of a period and a slice.');
    return misused();
  }
  if (!runs(SEDF)) return 1;
  const domains = domainsOf(args);
  if (domains == null) return 1;
  if (!changes) return show(SEDF, domains);
  if (hasWeight) {
    values[SEDF_PERIOD] = '0';
    values[SEDF_SLICE] = '0';
  } else if (isSet('period') || isSet('slice')) values[SEDF_WEIGHT] = '0';
  return change(SEDF, domains[0], values);
}

export function schedCredit(args: string[]): i32 {
  const changes = isSet('weight') || isSet('cap');
  const name = valueOf('domain');
  if (args.length > 0) return misused();
  if (changes && name == '') {
    complain('No domain given.');
    return misused();
  }
  if (!runs(CREDIT)) return 1;
  if (!changes) {
    const domains = domainsOf(name == '' ? new Array<string>() : [name]);
    return domains == null ? 1 : show(CREDIT, domains);
  }
  const domain = domainOf(name);
  return domain == null ? 1 : change(CREDIT, domain, [valueOf('weight'), valueOf('cap')]);
}
