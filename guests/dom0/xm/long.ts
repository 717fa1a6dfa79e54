/** xm list, and list -l: all that is known of domains, in the S-expressions that xend told it by. */
import { SHUTDOWN_crash, XEN_DOMINF_paused, XEN_DOMINF_shutdown } from 'xen';
import { Config } from 'dom0/lib/config';
import { Domain } from 'dom0/lib/domains';
import { actionAfter, configPath } from 'dom0/lib/managed';
import { pathOf } from 'dom0/lib/nodes';
import { failure, readNode } from 'programs/lib/store';
import { domainsOf, MAX_CPUS } from './arguments';
import { devicesOf, rateText } from 'dom0/lib/kept-devices';
import { creditOf } from './sched';
import { list as shortList, seconds } from './show';
import { close, open, pair, pairOf } from './sxp';
import { isSet } from './switches';
import { affinityOf, vcpusOf } from './vcpus';

const KIB_PER_PAGE: u64 = 4;
const KIB_PER_MIB: u64 = 1024;
/** DOM_STATE_* of xend. */
const STATE_PAUSED: i32 = 1;
const STATE_RUNNING: i32 = 2;
const STATE_SHUTDOWN: i32 = 4;
const STATE_CRASHED: i32 = 5;

export function list(args: string[]): i32 {
  if (!isSet('long')) return shortList(args);
  const domains = domainsOf(args);
  if (domains == null) return 1;
  for (let n = 0; n < domains.length; n++) tell(domains[n]);
  return 0;
}

/** A pair whose value is a node's, where there is such a node. */
function pairFrom(name: string, path: string): void {
  const value = readNode(path);
  if (failure == 0) pairOf(name, value);
}

function tell(domain: Domain): void {
  const path = pathOf(domain.id);
  const vm = readNode(path + '/vm');
  const hasVm = failure == 0 && vm != '';
  open('domain');
  pair('domid', domain.id.toString());
  const weight = creditOf(domain.id, 0);
  if (weight >= 0) {
    pair('cpu_weight', weight.toString());
    pair('cpu_cap', creditOf(domain.id, 1).toString());
  }
  pair('uuid', domain.uuid);
  actions(domain);
  pair('bootloader', '');
  pair('bootloader_args', '');
  if (domain.id != 0) pair('localtime', '0');
  pair('vcpus', vcpusOf(domain).toString());
  pair('name', domain.name);
  pair('cpus', processors(domain));
  pair('maxmem', (mostMemoryOf(domain) / KIB_PER_MIB).toString());
  pair('shadow_memory', '0');
  const memory = ((domain.pages * KIB_PER_PAGE + KIB_PER_MIB / 2) / KIB_PER_MIB).toString();
  pair('memory', memory);
  if (hasVm) pairFrom('start_time', vm + '/start_time');
  pair('cpu_time', seconds(domain.cpuTime));
  pair('online_vcpus', domain.vcpus.toString());
  pair('features', '');
  // What becomes of it when xend comes and goes: nothing; xendomains sees to that.
  pair('on_xend_start', 'ignore');
  pair('on_xend_stop', 'ignore');
  if (hasVm) image(vm);
  pair('status', statusOf(domain).toString());
  pair('memory_dynamic_min', memory);
  pair('memory_dynamic_max', (mostMemoryOf(domain) / KIB_PER_MIB).toString());
  pair('state', domain.state);
  pairFrom('store_mfn', path + '/store/ring-ref');
  pairFrom('console_mfn', path + '/console/ring-ref');
  const vifs = devicesOf(domain, 'vif');
  for (let n = 0; n < vifs.length; n++) vif(path + '/device/vif/' + vifs[n]);
  const vbds = devicesOf(domain, 'vbd');
  for (let n = 0; n < vbds.length; n++) vbd(path + '/device/vbd/' + vbds[n]);
  close();
}

const endings: string[] = ['poweroff', 'reboot', 'crash'];
/** Of the host itself. */
const OWN: string[] = ['destroy', 'restart', 'restart'];

/** What is to become of a domain that xend manages, and of the host. */
function actions(domain: Domain): void {
  for (let n = 0; domain.id == 0 && n < endings.length; n++) pair('on_' + endings[n], OWN[n]);
  const config = new Config(configPath(domain.uuid));
  if (domain.id == 0 || !config.read()) return;
  for (let n = 0; n < endings.length; n++) pair('on_' + endings[n], actionAfter(config, endings[n]));
}

/** For each vcpu the processors it may use. */
function processors(domain: Domain): string {
  let text = '';
  for (let vcpu = 0; vcpu < vcpusOf(domain); vcpu++) {
    const set = affinityOf(domain, vcpu);
    let one = '';
    for (let cpu = 0; cpu < MAX_CPUS; cpu++)
      if (((set >> cpu) & 1) != 0) one += (one == '' ? '' : ' ') + cpu.toString();
    text += (vcpu > 0 ? ' ' : '') + '(' + one + ')';
  }
  return '(' + text + ')';
}

/** What the domain may have, in KiB: as its toolstack promised it, else as Xen allows. */
function mostMemoryOf(domain: Domain): u64 {
  const promised = readNode(pathOf(domain.id) + '/memory/static-max');
  const kib = failure == 0 ? <u64>I64.parseInt(promised) : 0;
  return kib > 0 ? kib : domain.maxPages * KIB_PER_PAGE;
}

function image(vm: string): void {
  const type = readNode(vm + '/image/ostype');
  if (failure < 0) return;
  open('image');
  open(type);
  pairFrom('kernel', vm + '/image/kernel');
  pairFrom('ramdisk', vm + '/image/ramdisk');
  pairFrom('args', vm + '/image/cmdline');
  close();
  close();
}

function vif(frontend: string): void {
  const backend = readNode(frontend + '/backend');
  open('device');
  open('vif');
  pairFrom('bridge', backend + '/bridge');
  pairFrom('mac', frontend + '/mac');
  const script = readNode(backend + '/script');
  if (failure == 0) pair('script', script.replace('/etc/xen/scripts/', ''));
  pairFrom('ip', backend + '/ip');
  pairFrom('vifname', backend + '/vifname');
  const rate = rateText(readNode(backend + '/rate'));
  if (failure == 0 && rate != '') pair('rate', rate);
  pairFrom('backend', frontend + '/backend-id');
  close();
  close();
}

function vbd(frontend: string): void {
  const backend = readNode(frontend + '/backend');
  const type = readNode(backend + '/type');
  const params = readNode(backend + '/params');
  const dev = readNode(backend + '/dev');
  const device = readNode(frontend + '/device-type');
  open('device');
  open('vbd');
  // Of tap's kinds there is one.
  if (type != '') pair('uname', (type == 'tap' ? 'tap:aio' : type) + ':' + params);
  if (dev != '') pair('dev', dev + ':' + device);
  pairFrom('mode', backend + '/mode');
  pairFrom('backend', frontend + '/backend-id');
  close();
  close();
}

function statusOf(domain: Domain): i32 {
  if ((domain.flags & XEN_DOMINF_shutdown) != 0)
    return domain.reason == <u32>SHUTDOWN_crash ? STATE_CRASHED : STATE_SHUTDOWN;
  return (domain.flags & XEN_DOMINF_paused) != 0 ? STATE_PAUSED : STATE_RUNNING;
}
