/** What xensv tells: the host with its domains, templates, snapshots, logs, and which other hosts it knows. */
import { XEN_SYSCTL_physinfo, xen_sysctl_physinfo } from 'xen';
import { CLOCK_MONOTONIC, O_APPEND, O_CREAT, O_WRONLY, utsname } from 'mote/abi';
import { Domain, listDomains } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { makeFolders } from 'dom0/lib/log';
import { configPath } from 'dom0/lib/managed';
import { countTraffic, Traffic, traffic } from 'dom0/xm/traffic';
import { clock, close, open, readDirectory, Stat, systemName, writeAll } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import { address, badAddress } from 'programs/lib/sockets';
import { suspended } from 'dom0/xm/suspend';
import { output } from 'dom0/xend/run';
import { bytesOf } from './bytes';
import * as json from './json';

const PAGES_PER_MIB: u64 = 256;
const TEMPLATES: string = '/etc/xen/';
export const SNAPSHOTS: string = '/var/lib/xensv/snapshots/';
const HOSTS: string = '/var/lib/xensv/hosts';
const MOST_TEMPLATE_BYTES: u64 = 16384;
const MOST_LOG: i32 = 32768;

/** The host as it is now, and its domains. */
export function hostTold(): string {
  const domains = listDomains();
  countTraffic();
  hyper.begin();
  const at = hyper.sysctlPart();
  hyper.sysctl(XEN_SYSCTL_physinfo);
  return json.object([
    'name',
    json.text(systemName(utsname.nodename)),
    'ns',
    clock(CLOCK_MONOTONIC).toString(),
    'cpus',
    load<u32>(at, xen_sysctl_physinfo.nr_cpus).toString(),
    'mhz',
    (load<u32>(at, xen_sysctl_physinfo.cpu_khz) / 1000).toString(),
    'totalMb',
    (load<u64>(at, xen_sysctl_physinfo.total_pages) / PAGES_PER_MIB).toString(),
    'freeMb',
    (load<u64>(at, xen_sysctl_physinfo.free_pages) / PAGES_PER_MIB).toString(),
    'domains',
    json.list(domains.map<string>((each) => domainTold(each))),
    'suspended',
    json.list(suspended().map<string>((each) => json.text(each))),
  ]);
}

function domainTold(domain: Domain): string {
  const counts = traffic.has(domain.id) ? traffic.get(domain.id) : new Traffic();
  const config = readFile(configPath(domain.uuid));
  return json.object([
    'id',
    domain.id.toString(),
    'name',
    json.text(domain.name),
    'state',
    json.text(domain.state),
    'memoryMb',
    ((domain.pages + 128) / PAGES_PER_MIB).toString(),
    'mostMb',
    (domain.id == 0 ? 0 : domain.maxPages / PAGES_PER_MIB).toString(),
    'vcpus',
    domain.vcpus.toString(),
    'cpuNs',
    domain.cpuTime.toString(),
    'received',
    counts.of('rx_bytes').toString(),
    'sent',
    counts.of('tx_bytes').toString(),
    'read',
    counts.of('rd_sect').toString(),
    'written',
    counts.of('wr_sect').toString(),
    'config',
    json.text(config == null ? '' : config),
  ]);
}

/** Files of /etc/xen that say of what a domain is made. */
export function templates(): string {
  const names = readDirectory(TEMPLATES);
  const found: string[] = [];
  const stat = new Stat();
  for (let n = 0; names != null && n < names.length; n++) {
    const path = TEMPLATES + names[n];
    if (stat.of(path) < 0 || stat.isDirectory || stat.size > MOST_TEMPLATE_BYTES) continue;
    const text = readFile(path);
    if (text != null && text.includes('kernel') && !names[n].endsWith('.sxp'))
      found.push(json.object(['name', json.text(names[n]), 'text', json.text(text)]));
  }
  return json.list(found);
}

/** NAME@SECONDS.save, in the order of their names. */
export function snapshots(): string {
  const names = readDirectory(SNAPSHOTS);
  const found: string[] = [];
  const stat = new Stat();
  for (let n = 0; names != null && n < names.length; n++)
    if (names[n].endsWith('.save') && stat.of(SNAPSHOTS + names[n]) == 0)
      found.push(
        json.object([
          'name',
          json.text(names[n].substring(0, names[n].length - 5)),
          'bytes',
          stat.size.toString(),
        ]),
      );
  return json.list(found);
}

/** `xend`, `dmesg`; empty: there is no such log. */
export function logText(name: string): string {
  if (name != 'xend' && name != 'dmesg') return '';
  const whole = output(['xm', name == 'xend' ? 'log' : 'dmesg']);
  return json.object(['text', json.text(whole.substring(max(whole.length - MOST_LOG, 0)))]);
}

/** Addresses of others. */
export function hosts(): string {
  const text = readFile(HOSTS);
  const lines = text == null ? new Array<string>() : text.split('\n').filter((each) => each != '');
  return json.list(lines.map<string>((each) => json.text(each)));
}

/** Empty, or what is wrong. */
export function addHost(name: string): string {
  address(name);
  if (badAddress) return name + ': that is no address';
  if (hosts().includes(json.text(name))) return '';
  makeFolders(HOSTS);
  const fd = open(HOSTS, O_WRONLY | O_CREAT | O_APPEND);
  if (fd < 0) return HOSTS + ': it cannot be written';
  const bytes = bytesOf(name + '\n');
  writeAll(fd, bytes, bytes.byteLength);
  close(fd);
  return '';
}
