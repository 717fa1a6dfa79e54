/**
 * A domain's configuration in a saved file is libxl's, in JSON: made of the classic one, and made into it again, so that a file
 * goes both ways between this toolstack and the real one.
 */
import { Config } from '../config';
import * as devices from '../devices';
import { rateText } from '../kept-devices';
import { bad, number } from 'programs/lib/text';
import { Json, parseJson, quoted } from './json';

const ENDINGS: string[] = ['on_poweroff', 'on_reboot', 'on_crash'];
/** Libxl's names for what is to be done then, and the classic ones. */
const ACTIONS: string[] = ['destroy', 'restart', 'preserve', 'rename_restart'];
const CLASSIC: string[] = ['destroy', 'restart', 'preserve', 'rename-restart'];
const KIB_PER_MB: i64 = 1024;
const USUAL_SCRIPT: string = '/vif-bridge';
const REGISTERS: string[] = ['eax', 'ebx', 'ecx', 'edx'];

/** What is true of the domain whatever its configuration says. */
export class Present {
  name: string = '';
  uuid: string = '';
  vcpus: u32 = 1;
  memoryKib: u64 = 0;
  maxMemoryKib: u64 = 0;
  commandLine: string = '';
  /** By card: its address. */
  macs: string[] = [];
}

export function toJson(config: Config, present: Present): string {
  let vcpus = '';
  for (let n: u32 = 0; n < present.vcpus; n++) vcpus += (n > 0 ? ', ' : '') + n.toString();
  const common: string[] = [
    member('type', '"pv"'),
    member('name', quoted(present.name)),
    member('uuid', quoted(present.uuid)),
    member('run_hotplug_scripts', '"True"'),
  ];
  const built: string[] = [
    member('max_vcpus', present.vcpus.toString()),
    member('avail_vcpus', '[' + vcpus + ']'),
    member('max_memkb', present.maxMemoryKib.toString()),
    member('target_memkb', present.memoryKib.toString()),
    member('video_memkb', '0'),
    member('shadow_memkb', '0'),
    member('kernel', quoted(setting(config, 'kernel'))),
    member('cmdline', quoted(present.commandLine)),
    member('ramdisk', quoted(setting(config, 'ramdisk'))),
    member('type.pv', '{}'),
  ];
  const leaves = leavesOf(config);
  if (leaves.length > 0)
    built.push(member('cpuid', object([member('cpuid', list(leaves)), member('msr', '[]')])));
  const all: string[] = [
    member('c_info', object(common)),
    member('b_info', object(built)),
    member('disks', list(disksOf(config))),
    member('nics', list(cardsOf(config, present))),
  ];
  for (let n = 0; n < ENDINGS.length; n++) {
    const at = CLASSIC.indexOf(setting(config, ENDINGS[n]));
    if (at >= 0) all.push(member(ENDINGS[n], quoted(ACTIONS[at])));
  }
  return object(all) + '\n';
}

function member(name: string, value: string): string {
  return quoted(name) + ': ' + value;
}
function object(members: string[]): string {
  return '{' + members.join(', ') + '}';
}
function list(items: string[]): string {
  return '[' + items.join(', ') + ']';
}

function setting(config: Config, name: string): string {
  const found = config.find(name);
  return found == null ? '' : found.text;
}

/** Of libxl's backends: what is in a file goes by qdisk, everything else by phy. */
function disksOf(config: Config): string[] {
  const made: string[] = [];
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk == null) continue;
    const members: string[] = [
      member('pdev_path', quoted(disk.path)),
      member('vdev', quoted(disk.device)),
      member('backend', disk.type == 'phy' ? '"phy"' : '"qdisk"'),
      member('format', disk.type.startsWith('tap:') ? '"qcow2"' : '"raw"'),
      member('removable', '1'),
      member('readwrite', disk.writable ? '1' : '0'),
    ];
    made.push(object(members));
  }
  return made;
}

/** A leaf and its registers each. */
function leavesOf(config: Config): string[] {
  const made: string[] = [];
  const leaves = config.find('cpuid');
  for (let n = 0; leaves != null && n < leaves.items.length; n++) {
    const colon = leaves.items[n].indexOf(':');
    const numbers = leaves.items[n].substring(0, colon).split(',');
    const members: string[] = [member('leaf', number(numbers[0].trim()).toString())];
    if (numbers.length > 1) members.push(member('subleaf', number(numbers[1].trim()).toString()));
    const registers = leaves.items[n].substring(colon + 1).split(',');
    for (let r = 0; r < registers.length; r++) {
      const parts = registers[r].split('=');
      if (parts.length == 2) members.push(member(parts[0].trim(), quoted(parts[1].trim())));
    }
    made.push(object(members));
  }
  return made;
}

function leavesIn(json: Json): string[] {
  const made: string[] = [];
  const leaves = json.listOf('b_info/cpuid/cpuid');
  for (let n = 0; n < leaves.length; n++) {
    const registers: string[] = [];
    for (let r = 0; r < REGISTERS.length; r++) {
      const bits = leaves[n].textOf(REGISTERS[r]);
      if (bits != '') registers.push(REGISTERS[r] + '=' + bits);
    }
    const subleaf = leaves[n].textOf('subleaf');
    if (registers.length > 0)
      made.push(
        classic(leaves[n].textOf('leaf') + (subleaf == '' ? '' : ',' + subleaf) + ':' + registers.join(',')),
      );
  }
  return made;
}

function cardsOf(config: Config, present: Present): string[] {
  const made: string[] = [];
  const cards = config.find('vif');
  for (let n = 0; cards != null && n < cards.items.length; n++) {
    const card = devices.parseVif(cards.items[n], n < present.macs.length ? present.macs[n] : '');
    if (card == null) continue;
    const members: string[] = [
      member('devid', n.toString()),
      member('mac', quoted(card.mac)),
      member('bridge', quoted(card.bridge)),
      member('nictype', '"vif"'),
    ];
    if (card.ip != '') members.push(member('ip', quoted(card.ip)));
    if (!card.script.endsWith(USUAL_SCRIPT)) members.push(member('script', quoted(card.script)));
    if (card.vifname != '') members.push(member('ifname', quoted(card.vifname)));
    const rate = card.rate.split(',');
    if (rate.length == 2) {
      members.push(member('rate_bytes_per_interval', rate[0]));
      members.push(member('rate_interval_usecs', rate[1]));
    }
    made.push(object(members));
  }
  return made;
}

/** What was wrong with a configuration; empty: nothing. */
export let problem: string = '';

/** The classic configuration, as text; empty: `problem`. */
export function toClassic(text: string): string {
  problem = '';
  const json = parseJson(text);
  if (json == null) return fail('its configuration is no JSON');
  const kind = json.textOf('c_info/type', 'pv');
  if (kind != 'pv') return fail('it is a domain of type ' + kind + ', and pv is what this host has');
  const memory = mebibytes(json, 'b_info/target_memkb');
  const most = mebibytes(json, 'b_info/max_memkb');
  const name = json.textOf('c_info/name');
  const uuid = json.textOf('c_info/uuid');
  if (name == '' || uuid == '' || memory == '' || most == '')
    return fail('its configuration has no name, UUID or memory');
  const lines: string[] = [
    'kernel = ' + classic(json.textOf('b_info/kernel', json.textOf('b_info/type.pv/kernel'))),
    'memory = ' + memory,
    'maxmem = ' + most,
    'name = ' + classic(name),
    'uuid = ' + classic(uuid),
    'vcpus = ' + json.textOf('b_info/max_vcpus', '1'),
  ];
  const ramdisk = json.textOf('b_info/ramdisk', json.textOf('b_info/type.pv/ramdisk'));
  if (ramdisk != '') lines.push('ramdisk = ' + classic(ramdisk));
  const line = json.textOf('b_info/cmdline', json.textOf('b_info/type.pv/cmdline'));
  if (line != '') lines.push('extra = ' + classic(line));
  lines.push('disk = [ ' + disksIn(json).join(', ') + ' ]');
  const leaves = leavesIn(json);
  if (leaves.length > 0) lines.push('cpuid = [ ' + leaves.join(', ') + ' ]');
  lines.push('vif = [ ' + cardsIn(json).join(', ') + ' ]');
  for (let n = 0; n < ENDINGS.length; n++) {
    const at = ACTIONS.indexOf(json.textOf(ENDINGS[n]));
    if (at >= 0) lines.push(ENDINGS[n] + ' = ' + classic(CLASSIC[at]));
  }
  return problem == '' ? lines.join('\n') + '\n' : '';
}

function fail(what: string): string {
  if (problem == '') problem = what;
  return '';
}

/** A value of the classic form, which has no way to write its own quotes. */
function classic(value: string): string {
  const quote = value.includes("'") ? '"' : "'";
  if (value.includes(quote) || value.includes('\n'))
    fail('its configuration has a text that cannot be written: ' + value);
  return quote + value + quote;
}

/** Whole MiB, rounded up; empty: there is no such number. */
function mebibytes(json: Json, path: string): string {
  const text = json.textOf(path);
  const kib = text.length > 12 ? -1 : number(text);
  return bad || kib <= 0 ? '' : ((kib + KIB_PER_MB - 1) / KIB_PER_MB).toString();
}

function disksIn(json: Json): string[] {
  const made: string[] = [];
  const disks = json.listOf('disks');
  for (let n = 0; n < disks.length; n++) {
    const disk = disks[n];
    const path = disk.textOf('pdev_path');
    const kind = path.startsWith('/dev/') ? 'phy:' : 'file:';
    const mode = disk.textOf('readwrite', '0') == '0' ? 'r' : 'w';
    made.push(classic(kind + path + ',' + disk.textOf('vdev') + ',' + mode));
  }
  return made;
}

function cardsIn(json: Json): string[] {
  const made: string[] = [];
  const cards = json.listOf('nics');
  for (let n = 0; n < cards.length; n++) {
    let text = 'mac=' + cards[n].textOf('mac');
    if (cards[n].textOf('bridge') != '') text += ',bridge=' + cards[n].textOf('bridge');
    const said: string[][] = [
      ['ip', 'ip'],
      ['script', 'script'],
      ['vifname', 'ifname'],
    ];
    for (let s = 0; s < said.length; s++)
      if (cards[n].textOf(said[s][1]) != '') text += ',' + said[s][0] + '=' + cards[n].textOf(said[s][1]);
    const bytes = cards[n].textOf('rate_bytes_per_interval');
    if (bytes != '') text += ',rate=' + rateText(bytes + ',' + cards[n].textOf('rate_interval_usecs'));
    made.push(classic(text));
  }
  return made;
}
