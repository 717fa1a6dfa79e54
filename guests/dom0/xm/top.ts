/**
 * xm top: who uses the host, anew every three seconds (or -d SECONDS) until q; -b without a terminal's tricks, -i N so many
 * times. Columns and keys are xentop's; what devices have done is what their backends tell.
 */
import * as xen from 'xen';
import { xen_sysctl_physinfo } from 'xen';
import { ECHO, ICANON, ISIG, TCGETS, TCSETS, termios } from 'mote/abi';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from 'mote/abi';
import { Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { clock, control, sleepNs } from 'programs/lib/calls';
import { complainOf, flush, print } from 'programs/lib/io';
import { DateText } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';
import { domainsOf, isNumber, numberOf } from './arguments';
import { versionText } from './info';
import * as view from './top-view';
import { isSet, misused, valueOf } from './switches';
import { devicesOf } from 'dom0/lib/kept-devices';
import { countTraffic, Traffic, traffic, trafficOf } from './traffic';
import { timeOf, vcpusOf } from './vcpus';

const KIB_PER_PAGE: u64 = 4;
const KIB: u64 = 1024;
const USUAL_SECONDS: i64 = 3;
const MOST: i64 = 1_000_000;
const CLEAR = '\x1b[H\x1b[J';
const FOOT = '\n\x1b[7m' + view.KEYS + '\x1b[0m\n';

const HEADINGS: string[] = [
  'NAME',
  'STATE',
  'CPU(sec)',
  'CPU(%)',
  'MEM(k)',
  'MEM(%)',
  'MAXMEM(k)',
  'MAXMEM(%)',
  'VCPUS',
  'NETS',
  'NETTX(k)',
  'NETRX(k)',
  'VBDS',
  'VBD_OO',
  'VBD_RD',
  'VBD_WR',
  'VBD_RSECT',
  'VBD_WSECT',
  'SSID',
];
const WIDTHS: i32[] = [10, 6, 10, 6, 10, 6, 10, 9, 5, 4, 8, 8, 4, 8, 8, 8, 10, 10, 4];

export function top(args: string[]): i32 {
  if (args.length > 0) return misused();
  const isBatch = isSet('batch');
  const seconds = isSet('delay') ? numberOf('-d', valueOf('delay'), 1, MOST) : USUAL_SECONDS;
  if (isSet('delay') && !isNumber) return 2;
  const times = isSet('iterations') ? numberOf('-i', valueOf('iterations'), 1, MOST) : -1;
  if (isSet('iterations') && !isNumber) return 2;
  view.setDelay(seconds);
  if (!isBatch) setRaw(true);
  let failed = 0;
  for (let round: i64 = 0; round != times; round++) {
    if (round > 0 && isBatch) sleepNs(<u64>seconds * NS_PER_SECOND);
    else if (round > 0 && !view.awaitKey()) break;
    failed = show(isBatch);
    if (failed != 0) break;
  }
  if (!isBatch) setRaw(false);
  return failed;
}

const settings = new ArrayBuffer(<i32>termios.SIZE);
const before = new ArrayBuffer(<i32>termios.SIZE);

/** Keys come one by one, and are not shown. */
function setRaw(raw: bool): void {
  const at = changetype<usize>(settings);
  if (!raw) {
    control(0, TCSETS, changetype<usize>(before));
    return;
  }
  if (control(0, TCGETS, changetype<usize>(before)) < 0) return;
  memory.copy(at, changetype<usize>(before), termios.SIZE);
  store<u32>(at, load<u32>(at, termios.c_lflag) & ~(ICANON | ECHO | ISIG), termios.c_lflag);
  control(0, TCSETS, at);
}

/** By domain: the time it has had, at the last look; when that was. */
const timesBefore = new Map<u32, u64>();
let lastLook: u64 = 0;

function show(isBatch: bool): i32 {
  const all: string[] = [];
  const domains = domainsOf(all);
  if (domains == null) return 1;
  hyper.begin();
  const at = hyper.sysctlPart();
  const failed = hyper.sysctl(xen.XEN_SYSCTL_physinfo);
  if (failed < 0) return complainOf('the host', failed);
  const hostKib = load<u64>(at, xen_sysctl_physinfo.total_pages) * KIB_PER_PAGE;
  const now = clock(CLOCK_MONOTONIC);
  countTraffic();
  if (!isBatch) print(CLEAR + summary(domains, hostKib));
  const rows: string[][] = [];
  for (let n = 0; n < domains.length; n++) rows.push(cellsOf(domains[n], hostKib, now));
  const order = orderOf(rows);
  if (!view.repeatsHeader) print(row(HEADINGS));
  for (let n = 0; n < order.length; n++) {
    if (view.repeatsHeader) print(row(HEADINGS));
    print(row(rows[order[n]]));
    showMore(domains[order[n]]);
  }
  for (let n = 0; n < domains.length; n++) timesBefore.set(domains[n].id, domains[n].cpuTime);
  if (!isBatch) print(FOOT);
  lastLook = now;
  return flush() < 0 ? 1 : 0;
}

/** In which order domains are shown. */
function orderOf(rows: string[][]): i32[] {
  const order: i32[] = [];
  for (let n = 0; n < rows.length; n++) {
    let at = order.length;
    const value = view.sortColumn < 0 ? 0 : parseFloat(rows[n][view.sortColumn]);
    while (view.sortColumn >= 0 && at > 0 && parseFloat(rows[order[at - 1]][view.sortColumn]) < value) at--;
    order.push(0);
    for (let later = order.length - 1; later > at; later--) order[later] = order[later - 1];
    order[at] = n;
  }
  return order;
}

/** What stands below a domain: its vcpus, cards and disks. */
function showMore(domain: Domain): void {
  if (view.showsVcpus) {
    let text = 'VCPUs(sec): ';
    for (let vcpu = 0; vcpu < vcpusOf(domain); vcpu++)
      text +=
        ' ' +
        vcpu.toString().padStart(3) +
        ':' +
        (timeOf(domain, vcpu) / NS_PER_SECOND).toString().padStart(12) +
        's';
    print(text + '\n');
  }
  const cards = view.showsNetworks ? trafficOf(domain.id, 'vif') : new Array<Traffic>();
  for (let n = 0; n < cards.length; n++)
    print(
      'Net' +
        cards[n].name +
        ' RX:' +
        wide(cards[n], 'rx_bytes') +
        'bytes' +
        wide(cards[n], 'rx_packets') +
        'pkts' +
        wide(cards[n], 'dropped') +
        'drop  TX:' +
        wide(cards[n], 'tx_bytes') +
        'bytes' +
        wide(cards[n], 'tx_packets') +
        'pkts\n',
    );
  const disks = view.showsDisks ? trafficOf(domain.id, 'vbd') : new Array<Traffic>();
  for (let n = 0; n < disks.length; n++)
    print(
      'VBD BlkBack ' +
        disks[n].name.padStart(6) +
        '  OO:' +
        wide(disks[n], 'oo_req') +
        '   RD:' +
        wide(disks[n], 'rd_req') +
        '   WR:' +
        wide(disks[n], 'wr_req') +
        '  RSECT:' +
        wide(disks[n], 'rd_sect') +
        '  WSECT:' +
        wide(disks[n], 'wr_sect') +
        '\n',
    );
}

function wide(counts: Traffic, name: string): string {
  return counts.of(name).toString().padStart(11);
}

function row(cells: string[]): string {
  let text = '';
  for (let n = 0; n < cells.length; n++) text += (n > 0 ? ' ' : '') + cells[n].padStart(WIDTHS[n]);
  return text + '\n';
}

function cellsOf(domain: Domain, hostKib: u64, now: u64): string[] {
  const kib = domain.pages * KIB_PER_PAGE;
  // Whoever may have more than there is has no limit.
  const isLimited = domain.maxPages * KIB_PER_PAGE <= hostKib;
  const mostKib = domain.maxPages * KIB_PER_PAGE;
  const isKnown = timesBefore.has(domain.id) && now > lastLook;
  const used = isKnown ? domain.cpuTime - timesBefore.get(domain.id) : 0;
  const done = traffic.has(domain.id) ? traffic.get(domain.id) : new Traffic();
  return [
    domain.name.substring(0, WIDTHS[0]),
    stateOf(domain),
    (domain.cpuTime / NS_PER_SECOND).toString(),
    isKnown ? share(used, now - lastLook) : '0.0',
    kib.toString(),
    share(kib, hostKib),
    isLimited ? mostKib.toString() : 'no limit',
    isLimited ? share(mostKib, hostKib) : 'n/a',
    vcpusOf(domain).toString(),
    devicesOf(domain, 'vif').length.toString(),
    (done.of('tx_bytes') / KIB).toString(),
    (done.of('rx_bytes') / KIB).toString(),
    devicesOf(domain, 'vbd').length.toString(),
    done.of('oo_req').toString(),
    done.of('rd_req').toString(),
    done.of('wr_req').toString(),
    done.of('rd_sect').toString(),
    done.of('wr_sect').toString(),
    '0',
  ];
}

/** In percent, with a tenth. */
function share(part: u64, whole: u64): string {
  const tenths = (part * 1000 + whole / 2) / max<u64>(whole, 1);
  return (tenths / 10).toString() + '.' + (tenths % 10).toString();
}

/** The flags of `xm list` in xentop's order: dying, shut down, blocked, crashed, paused, running. */
function stateOf(domain: Domain): string {
  const state = domain.state;
  return (
    state.charAt(5) + state.charAt(3) + state.charAt(1) + state.charAt(4) + state.charAt(2) + state.charAt(0)
  );
}

function countOf(domains: Domain[], flag: string): string {
  let count = 0;
  for (let n = 0; n < domains.length; n++) if (domains[n].state.includes(flag)) count++;
  return count.toString();
}

/** `xentop - 13:15:00 Xen 4.17.0`. */
function title(): string {
  const seconds = clock(CLOCK_REALTIME) / NS_PER_SECOND;
  const version = hyper.xenVersion(xen.XENVER_version, 0);
  const extra = versionText(xen.XENVER_extraversion, <i32>xen.XEN_EXTRAVERSION_LEN);
  const name = (version >> 16).toString() + '.' + (version & 0xffff).toString() + extra;
  return 'xentop - ' + new DateText(seconds).time + '   Xen ' + name + '\n';
}

/** Three lines on the host. It is called right behind physinfo, whose answer still stands. */
function summary(domains: Domain[], hostKib: u64): string {
  const at = hyper.sysctlPart();
  const freeKib = load<u64>(at, xen_sysctl_physinfo.free_pages) * KIB_PER_PAGE;
  const cpus = load<u32>(at, xen_sysctl_physinfo.nr_cpus);
  const mhz = load<u32>(at, xen_sysctl_physinfo.cpu_khz) / 1000;
  const states =
    countOf(domains, 'r') +
    ' running, ' +
    countOf(domains, 'b') +
    ' blocked, ' +
    countOf(domains, 'p') +
    ' paused, ';
  const ends =
    countOf(domains, 'c') + ' crashed, ' + countOf(domains, 'd') + ' dying, ' + countOf(domains, 's');
  const memory = hostKib.toString() + 'k total, ' + (hostKib - freeKib).toString() + 'k used, ';
  const free = freeKib.toString() + 'k free    CPUs: ' + cpus.toString() + ' @ ' + mhz.toString() + 'MHz\n';
  return (
    title() +
    domains.length.toString() +
    ' domains: ' +
    states +
    ends +
    ' shutdown\n' +
    'Mem: ' +
    memory +
    free
  );
}
