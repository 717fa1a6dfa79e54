/** The commands of xm that show: list, vcpu-list, dmesg, log, domid, domname. */
import * as xen from 'xen';
import { xen_domctl_getvcpuinfo, xen_sysctl_readconsole } from 'xen';
import { Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { xendSetting } from 'dom0/lib/xend-config';
import { COMMITMENT, sendingOf, UNKNOWN } from 'dom0/lib/migration/record';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from 'mote/abi';
import { complain, complainOf, print, printBytes, readFile } from 'programs/lib/io';
import { clock } from 'programs/lib/calls';
import { failure, readNode } from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';
import { domainsOf, processorsText } from './arguments';
import { isSet, misused } from './switches';
import { affinityOf, onlineProcessors } from './vcpus';

const RING_BYTES = 16384;

export function seconds(ns: u64): string {
  const tenths = ns / 100_000_000;
  return (tenths / 10).toString() + '.' + (tenths % 10).toString();
}

export function list(args: string[]): i32 {
  const domains = domainsOf(args);
  if (domains == null) return 1;
  print(row('Name', 'ID', 'Mem', 'VCPUs', 'State', 'Time(s)'));
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    const mebibytes = ((each.pages + 128) / 256).toString();
    print(
      row(each.name, each.id.toString(), mebibytes, each.vcpus.toString(), each.state, seconds(each.cpuTime)),
    );
  }
  for (let n = 0; n < domains.length; n++) whyStill(domains[n]);
  return 0;
}

/** Of a domain that was given away, and stands still until it is known whether it came: that. */
function whyStill(domain: Domain): void {
  const kept = sendingOf(domain.uuid);
  const asking = domain.id == 0 ? '' : kept.get('asking');
  const state = kept.state;
  if (asking != '' && (state == COMMITMENT || state == UNKNOWN))
    print(kept.get('name') + ': ' + asking + '\n');
}

function row(name: string, id: string, memory: string, vcpus: string, state: string, time: string): string {
  return (
    name.padEnd(40) +
    ' ' +
    id.padStart(5) +
    ' ' +
    memory.padStart(5) +
    ' ' +
    vcpus.padStart(5) +
    ' ' +
    state.padStart(10) +
    ' ' +
    time.padStart(8) +
    '\n'
  );
}

export function vcpuList(args: string[]): i32 {
  const domains = domainsOf(args);
  if (domains == null) return 1;
  print('Name                              ID  VCPUs   CPU State   Time(s) CPU Affinity\n');
  const online = onlineProcessors();
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    for (let vcpu: u32 = 0; each.maxVcpu < xen.XEN_INVALID_MAX_VCPU_ID && vcpu <= each.maxVcpu; vcpu++)
      printVcpu(each, vcpu, online);
  }
  return 0;
}

function printVcpu(domain: Domain, vcpu: u32, online: u64): void {
  hyper.begin();
  const at = hyper.domctlPart();
  store<u32>(at, vcpu, xen_domctl_getvcpuinfo.vcpu);
  if (hyper.domctl(xen.XEN_DOMCTL_getvcpuinfo, domain.id) < 0) return;
  const isUp = load<u8>(at, xen_domctl_getvcpuinfo.online) != 0;
  const running = load<u8>(at, xen_domctl_getvcpuinfo.running) != 0 ? 'r' : '-';
  const blocked = load<u8>(at, xen_domctl_getvcpuinfo.blocked) != 0 ? 'b' : '-';
  const cpu = isUp ? load<u32>(at, xen_domctl_getvcpuinfo.cpu).toString() : '-';
  const time = seconds(load<u64>(at, xen_domctl_getvcpuinfo.cpu_time));
  const affinity = affinityOf(domain, vcpu);
  print(
    domain.name.padEnd(32) +
      ' ' +
      domain.id.toString().padStart(3) +
      ' ' +
      vcpu.toString().padStart(6) +
      ' ' +
      cpu.padStart(5) +
      '   ' +
      (isUp ? running + blocked + '-' : '--p') +
      ' ' +
      time.padStart(9) +
      ' ' +
      (affinity == online ? 'any cpu' : processorsText(affinity)) +
      '\n',
  );
}

/** How long domains have been there: since the store says that they began. */
export function uptime(args: string[]): i32 {
  const domains = domainsOf(args);
  if (domains == null) return 1;
  print('Name'.padEnd(34) + 'ID Uptime\n');
  const now = clock(CLOCK_REALTIME) / NS_PER_SECOND;
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    const vm = readNode('/local/domain/' + each.id.toString() + '/vm');
    const began = failure < 0 ? 0 : number(readNode(vm + '/start_time').split('.')[0]);
    const up =
      each.id == 0
        ? clock(CLOCK_MONOTONIC) / NS_PER_SECOND
        : began > 0 && <u64>began <= now
          ? now - <u64>began
          : 0;
    const days = up / 86400;
    const time = ((up / 3600) % 24).toString() + ':' + two((up / 60) % 60) + ':' + two(up % 60);
    print(
      each.name.padEnd(32) +
        each.id.toString().padStart(4) +
        ' ' +
        (days > 0 ? days.toString() + ' days, ' : '') +
        time +
        '\n',
    );
  }
  return 0;
}

/** The ports of domains' consoles, as Xen 2.0 had them: each is this host's alone. */
export function consoles(args: string[]): i32 {
  if (args.length > 0) return misused();
  const domains = domainsOf(args);
  if (domains == null) return 1;
  print('Dom Port  Id Name\n');
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    const port = CONSOLE_PORTS + each.id;
    const id = (port % 100).toString();
    if (each.id != 0)
      print(
        each.id.toString().padStart(3) +
          ' ' +
          port.toString() +
          ' ' +
          id.padStart(3) +
          ' ' +
          each.name +
          '\n',
      );
  }
  return 0;
}

/** Before a domain's id: as xenconsoled has it. */
const CONSOLE_PORTS: u32 = 9600;

function two(value: u64): string {
  return value.toString().padStart(2, '0');
}

export function dmesg(args: string[]): i32 {
  if (args.length > 0) return misused();
  const buffer = new ArrayBuffer(RING_BYTES);
  hyper.begin();
  const at = hyper.sysctlPart();
  store<u8>(at, isSet('clear') ? 1 : 0, xen_sysctl_readconsole.clear);
  store<u64>(at, changetype<usize>(buffer), xen_sysctl_readconsole.buffer);
  store<u32>(at, RING_BYTES, xen_sysctl_readconsole.count);
  const failed = hyper.sysctl(xen.XEN_SYSCTL_readconsole);
  if (failed < 0) return complainOf("Xen's console", failed);
  printBytes(changetype<usize>(buffer), load<u32>(at, xen_sysctl_readconsole.count));
  return 0;
}

export function log(args: string[]): i32 {
  if (args.length > 0) return misused();
  const path = xendSetting('logfile', '/var/log/xen/xend.log');
  const text = readFile(path);
  if (text == null) {
    complain(path + ': there is nothing in it yet');
    return 1;
  }
  print(text);
  return 0;
}

export function domid(args: string[]): i32 {
  const domains = args.length == 1 ? domainsOf(args) : null;
  if (domains == null) return 1;
  print(domains[0].id.toString() + '\n');
  return 0;
}

export function domname(args: string[]): i32 {
  const domains = args.length == 1 ? domainsOf(args) : null;
  if (domains == null) return 1;
  print(domains[0].name + '\n');
  return 0;
}
