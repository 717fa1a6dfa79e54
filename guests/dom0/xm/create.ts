/** xm create [-c] FILE: makes a domain as a file says, and lets it run; -c: with its console. */
import { Builder, Wanted } from 'dom0/lib/builder';
import { Config, Setting } from 'dom0/lib/config';
import * as deviceNodes from 'dom0/lib/device-nodes';
import * as devices from 'dom0/lib/devices';
import { findDomain, isValidName, listDomains } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { FarBytes, readFar, unread } from 'dom0/lib/far';
import { KernelFile } from 'dom0/lib/kernel-file';
import { checkActions, dropConfig, keepConfig, MANAGED } from 'dom0/lib/managed';
import { Described, describe as describeNodes, forget } from 'dom0/lib/nodes';
import { makeHandle, parseUuid, uuidAt } from 'dom0/lib/uuid';
import { introduce } from 'programs/lib/store';
import { CLOCK_REALTIME, S_IFREG } from 'mote/abi';
import { clock, Stat } from 'programs/lib/calls';
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { hex, number } from 'programs/lib/text';
import { attach } from './console';

/** Where a configuration is looked for by its name, in turn. */
const FOLDERS: string[] = ['/etc/xen/', '/lab/', '/lab/xen/'];
/** What a file may say, and what is to come. */
const SETTINGS: string[] = [
  'kernel',
  'ramdisk',
  'memory',
  'maxmem',
  'name',
  'uuid',
  'vcpus',
  'root',
  'extra',
  'on_poweroff',
  'on_reboot',
  'on_crash',
];
const LATER: string[] = ['cpus', 'cpu_weight', 'cpu_cap'];
const LISTS: string[] = ['disk', 'vif'];

const wantedDisks: devices.Disk[] = [];
const wantedVifs: devices.Vif[] = [];

export function create(args: string[]): i32 {
  const withConsole = args.length == 2 && args[0] == '-c';
  if (args.length != 1 && !withConsole) {
    complain('usage: xm create [-c] FILE');
    return 2;
  }
  const given = args[args.length - 1];
  const path = given.includes('/') ? given : pathOf(given);
  if (path == '') {
    complain(given + ': there is no such file in /etc/xen, /lab or /lab/xen');
    return 1;
  }
  const config = new Config(path);
  if (!config.read() || !isKnown(config) || !checkActions(config)) {
    complain(config.problem);
    return 1;
  }
  const domid = make(config);
  if (domid < 0) return 1;
  print('Started domain ' + nameOf(config) + ' (id=' + domid.toString() + ')\n');
  return withConsole ? attach(domid) : 0;
}

/** The file of a configuration; empty: there is none. */
function pathOf(name: string): string {
  const stat = new Stat();
  for (let n = 0; n < FOLDERS.length; n++)
    if (stat.of(FOLDERS[n] + name) == 0 && stat.type == S_IFREG) return FOLDERS[n] + name;
  return '';
}

/** Whether there is nothing in the file that is not known, or not there yet. */
function isKnown(config: Config): bool {
  for (let n = 0; n < config.settings.length; n++) {
    const setting = config.settings[n];
    if (LATER.includes(setting.name)) config.complain(setting, 'this is not there yet');
    else if (LISTS.includes(setting.name)) {
      if (setting.isList) continue;
      config.complain(setting, 'it is to be a list');
    } else if (!SETTINGS.includes(setting.name)) config.complain(setting, 'there is no such setting');
    else if (setting.isList) config.complain(setting, 'it is no list');
    else continue;
    return false;
  }
  return true;
}

function textOf(config: Config, name: string): string {
  const setting = config.find(name);
  return setting == null ? '' : setting.text;
}

/** A number of the file from `least` on, or what is usual; -1: it is none. */
function numberOf(config: Config, name: string, usual: i64, least: i64, most: i64): i64 {
  const setting = config.find(name);
  if (setting == null) return usual;
  const value = number(setting.text);
  if (setting.isNumber && value >= least && value <= most) return value;
  config.complain(setting, 'it is to be a number from ' + least.toString() + ' to ' + most.toString());
  return -1;
}

/** The domain's name: the file's own without one. */
function nameOf(config: Config): string {
  const name = textOf(config, 'name');
  return name != '' ? name : 'unnamed';
}

/** What the file wants; null: `config.problem`. */
function wantedOf(config: Config): Wanted | null {
  const wanted = new Wanted();
  if (!findHandle(config, wanted.handle)) return null;
  const memory = numberOf(config, 'memory', 128, 1, 1 << 20);
  const most = numberOf(config, 'maxmem', memory, 1, 1 << 20);
  const vcpus = numberOf(config, 'vcpus', 1, 1, 128);
  if (memory < 0 || most < 0 || vcpus < 0) return null;
  wanted.memoryMb = memory;
  wanted.maxMemoryMb = max(most, memory);
  wanted.vcpus = <u32>vcpus;
  const root = textOf(config, 'root');
  const extra = textOf(config, 'extra');
  wanted.commandLine = (root == '' ? '' : 'root=' + root + (extra == '' ? '' : ' ')) + extra;
  const kernel = config.find('kernel');
  if (kernel == null) {
    config.problem = 'there is no kernel in the file';
    return null;
  }
  const bytes = readOf(config, kernel);
  if (bytes == null) return null;
  const file = new KernelFile(bytes);
  if (!file.identify()) {
    config.complain(kernel, kernel.text + ': ' + file.problem);
    return null;
  }
  wanted.kernel = file;
  const ramdisk = config.find('ramdisk');
  if (ramdisk != null) {
    wanted.ramdisk = readOf(config, ramdisk);
    if (wanted.ramdisk == null) return null;
  }
  return wanted;
}

/** The UUID that the file says, or a new one. False: it says none, or somebody else's. */
function findHandle(config: Config, handle: StaticArray<u8>): bool {
  const setting = config.find('uuid');
  if (setting == null) {
    makeHandle(handle);
    return true;
  }
  if (!parseUuid(setting.text, handle)) config.complain(setting, setting.text + ': it is no UUID');
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++)
    if (!domains[n].isDying && domains[n].uuid == setting.text.toLowerCase())
      config.complain(setting, setting.text + ': domain ' + domains[n].name + ' has it');
  return config.problem == '';
}

function readOf(config: Config, setting: Setting): FarBytes | null {
  const bytes = readFar(setting.text);
  if (bytes == null) config.complain(setting, setting.text + ': ' + unread);
  return bytes;
}

/** The devices that a file wants; false: `config.problem`. */
function readDevices(config: Config, wanted: Wanted): bool {
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk == null) config.complain(disks, devices.problem);
    else if (!addDisk(disk)) config.complain(disks, disk.device + ': there are two of this name');
    if (config.problem != '') return false;
  }
  const vifs = config.find('vif');
  for (let n = 0; vifs != null && n < vifs.items.length; n++) {
    const vif = devices.parseVif(vifs.items[n], addressOf(wanted.handle, n));
    if (vif == null) {
      config.complain(vifs, devices.problem);
      return false;
    }
    wantedVifs.push(vif);
  }
  return true;
}

function addDisk(disk: devices.Disk): bool {
  for (let n = 0; n < wantedDisks.length; n++) if (wantedDisks[n].number == disk.number) return false;
  wantedDisks.push(disk);
  return true;
}

/** An address of Xen's for a card that has been given none. */
function addressOf(handle: StaticArray<u8>, card: i32): string {
  let text = '00:16:3e';
  for (let n = 1; n < 4; n++) text += ':' + hex((handle[n] + (n == 3 ? card : 0)) & 255, 2);
  return text;
}

/** Makes the devices of a new domain, and waits for their backends: empty, or what is wrong. */
function makeDevices(domid: u32): string {
  let failed = 0;
  for (let n = 0; n < wantedDisks.length && failed == 0; n++)
    failed = deviceNodes.writeDisk(domid, wantedDisks[n], n == 0);
  for (let n = 0; n < wantedVifs.length && failed == 0; n++)
    failed = deviceNodes.writeVif(domid, wantedVifs[n], n);
  if (failed < 0) return 'the store: ' + describe(failed);
  for (let n = 0; n < wantedDisks.length; n++) {
    const disk = wantedDisks[n];
    const problem = deviceNodes.awaitBackend(domid, 'vbd', disk.number.toString());
    if (problem != '') return disk.device + ': ' + disk.path + ': ' + problem;
  }
  for (let n = 0; n < wantedVifs.length; n++) {
    const problem = deviceNodes.awaitBackend(domid, 'vif', n.toString());
    if (problem != '') return 'vif ' + n.toString() + ': ' + problem;
  }
  return '';
}

/** The new domain's id, running; -1: it is not there, and why has been said. */
function make(config: Config): i32 {
  const name = nameOf(config);
  if (findDomain(name) != null) {
    complain('VM name ' + name + ' already in use by another domain');
    return -1;
  }
  if (!isValidName(name)) {
    complain(name + ': a name has letters, digits and _-.:/+');
    return -1;
  }
  const wanted = wantedOf(config);
  if (wanted == null || !readDevices(config, wanted)) {
    complain(config.problem);
    return -1;
  }
  const builder = new Builder(wanted);
  const isMade = builder.run();
  wanted.release();
  if (!isMade) {
    complain(name + ': ' + builder.problem);
    return -1;
  }
  let failed = describeNodes(descriptionOf(config, wanted, builder));
  // What xend makes anew it has the file of.
  if (failed == 0 && !config.path.startsWith(MANAGED)) failed = keepConfig(config.path, uuidOf(wanted), name);
  if (failed == 0) failed = introduce(builder.domid, builder.storeMfn, builder.storePort);
  let problem = failed < 0 ? 'the store: ' + describe(failed) : makeDevices(builder.domid);
  if (problem == '') {
    hyper.begin();
    failed = hyper.domctl(XEN_DOMCTL_unpausedomain, builder.domid);
    if (failed == 0) return builder.domid;
    problem = describe(failed);
  }
  hyper.begin();
  hyper.domctl(XEN_DOMCTL_destroydomain, builder.domid);
  forget(builder.domid);
  dropConfig(uuidOf(wanted));
  complain(name + ': ' + problem);
  return -1;
}

function uuidOf(wanted: Wanted): string {
  return uuidAt(changetype<usize>(wanted.handle));
}

function descriptionOf(config: Config, wanted: Wanted, builder: Builder): Described {
  const domain = new Described();
  domain.domid = builder.domid;
  domain.uuid = uuidOf(wanted);
  domain.name = nameOf(config);
  domain.kernel = textOf(config, 'kernel');
  domain.ramdisk = textOf(config, 'ramdisk');
  domain.commandLine = wanted.commandLine;
  domain.memoryKib = wanted.memoryMb * 1024;
  domain.maxMemoryKib = wanted.maxMemoryMb * 1024;
  domain.vcpus = wanted.vcpus;
  const ns = clock(CLOCK_REALTIME);
  domain.startTime =
    (ns / SECOND).toString() + '.' + ((ns % SECOND) / 10_000_000).toString().padStart(2, '0');
  domain.storeMfn = builder.storeMfn;
  domain.storePort = builder.storePort;
  domain.consoleMfn = builder.consoleMfn;
  domain.consolePort = builder.consolePort;
  return domain;
}

const SECOND: u64 = 1_000_000_000;
