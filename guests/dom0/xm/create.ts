/** xm create [-c] FILE: makes a domain as a file says, and lets it run; -c: with its console. */
import { Builder, Wanted } from 'dom0/lib/builder';
import { Config, Setting } from 'dom0/lib/config';
import * as deviceNodes from 'dom0/lib/device-nodes';
import * as devices from 'dom0/lib/devices';
import { findDomain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { FarBytes, readFar, unread } from 'dom0/lib/far';
import { KernelFile } from 'dom0/lib/kernel-file';
import { Described, describe as describeNodes, forget } from 'dom0/lib/nodes';
import { introduce } from 'programs/lib/store';
import { CLOCK_REALTIME } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { hex, number } from 'programs/lib/text';
import { attach } from './console';

const FOLDER = '/etc/xen/';
/** What a file may say, and what is to come. */
const SETTINGS: string[] = ['kernel', 'ramdisk', 'memory', 'maxmem', 'name', 'vcpus', 'root', 'extra'];
const LISTS: string[] = ['disk', 'vif'];
const LATER: string[] = ['cpus', 'cpu_weight', 'cpu_cap', 'on_poweroff', 'on_reboot', 'on_crash'];

const wantedDisks: devices.Disk[] = [];
const wantedVifs: devices.Vif[] = [];

export function create(args: string[]): i32 {
  const withConsole = args.length == 2 && args[0] == '-c';
  if (args.length != 1 && !withConsole) {
    complain('usage: xm create [-c] FILE');
    return 2;
  }
  const given = args[args.length - 1];
  const config = new Config(given.includes('/') ? given : FOLDER + given);
  if (!config.read() || !isKnown(config)) {
    complain(config.problem);
    return 1;
  }
  const domid = make(config);
  if (domid < 0) return 1;
  print('Started domain ' + nameOf(config) + ' (id=' + domid.toString() + ')\n');
  return withConsole ? attach(domid) : 0;
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
  makeHandle(wanted.handle);
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
  complain(name + ': ' + problem);
  return -1;
}

function descriptionOf(config: Config, wanted: Wanted, builder: Builder): Described {
  const domain = new Described();
  domain.domid = builder.domid;
  domain.uuid = uuidOf(wanted.handle);
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

/** A UUID of version 1's form, from the time: on one host no two are alike. */
function makeHandle(handle: StaticArray<u8>): void {
  const ticks = clock(CLOCK_REALTIME) / 100 + 0x01b2_1dd2_1381_4000;
  for (let n = 0; n < 4; n++) handle[n] = <u8>(ticks >> (24 - n * 8));
  handle[4] = <u8>(ticks >> 40);
  handle[5] = <u8>(ticks >> 32);
  handle[6] = <u8>(0x10 | ((ticks >> 56) & 15));
  handle[7] = <u8>(ticks >> 48);
  handle[8] = 0x80;
  // The node of a host without a card: its group bit is set.
  handle[10] = 0x01;
}

function uuidOf(handle: StaticArray<u8>): string {
  let text = '';
  for (let n = 0; n < 16; n++) {
    if (n == 4 || n == 6 || n == 8 || n == 10) text += '-';
    text += hex(handle[n], 2);
  }
  return text;
}
