/** A domain's configuration as an S-expression, `(vm (name web) (memory 64) (image (linux (kernel ...))) (device (vbd ...)))`. */
import { readFile } from 'programs/lib/io';
import { Config } from './config';
import { parseSxp, Sxp, sxpProblem } from './sxp';

/** What stands in `vm` and in `image`'s kind as a setting does, and the setting. */
const PLAIN: string[] = [
  'name',
  'memory',
  'maxmem',
  'vcpus',
  'uuid',
  'cpu',
  'cpus',
  'cpu_weight',
  'cpu_cap',
  'on_poweroff',
  'on_reboot',
  'on_crash',
  'restart',
];
const OF_IMAGE: string[] = ['kernel', 'ramdisk', 'root', 'args', 'ip'];
const SETTINGS: string[] = ['kernel', 'ramdisk', 'root', 'extra', 'ip'];
const CARD_KEYS: string[] = ['mac', 'bridge', 'ip', 'script', 'vifname', 'rate', 'backend', 'type', 'model'];
/** What xend writes of a domain that is there, and nobody can want. */
const TOLD: string[] = [
  'domid',
  'status',
  'state',
  'cpu_time',
  'online_vcpus',
  'start_time',
  'store_mfn',
  'console_mfn',
  'up_time',
  'memory_dynamic_min',
  'memory_dynamic_max',
  'shadow_memory',
  'features',
  'bootloader',
  'bootloader_args',
  'localtime',
  'on_xend_start',
  'on_xend_stop',
  'image',
];

/** Reads a file; what was wrong is its `problem`. */
export function sxpConfig(path: string): Config {
  const config = new Config(path);
  const text = readFile(path);
  const found = parseSxp(text == null ? '' : text);
  if (text == null) config.problem = path + ': it cannot be read';
  else if (sxpProblem != '') config.problem = path + ': ' + sxpProblem;
  else if (found.length != 1 || (found[0].name != 'vm' && found[0].name != 'domain'))
    config.problem = path + ': it is to be one (vm ...)';
  else config.parse(linesOf(found[0], config));
  return config;
}

/** The settings, as lines. */
function linesOf(vm: Sxp, config: Config): string {
  let lines = '';
  const disks: string[] = [];
  const cards: string[] = [];
  for (let n = 1; n < vm.items.length; n++) {
    const each = vm.items[n];
    if (PLAIN.includes(each.name)) lines += setting(each.name, each.value);
    else if (each.name == 'device' && each.items.length == 2) {
      const device = each.items[1];
      if (device.name == 'vbd' || device.name == 'tap') disks.push(quoted(disk(device)));
      else if (device.name == 'vif') cards.push(quoted(card(device)));
      else refuse(config, 'device ' + device.name);
    } else if (!TOLD.includes(each.name)) refuse(config, each.isList ? each.name : each.text);
  }
  const image = vm.child('image');
  if (image != null && image.items.length == 2) lines += imageLines(image.items[1], config);
  return lines + 'disk = [ ' + disks.join(', ') + ' ]\nvif = [ ' + cards.join(', ') + ' ]\n';
}

function refuse(config: Config, what: string): void {
  if (config.problem == '') config.problem = config.path + ': ' + what + ': there is no such thing here';
}

function imageLines(kind: Sxp, config: Config): string {
  if (kind.name != 'linux') refuse(config, 'image ' + kind.name);
  let lines = '';
  for (let n = 1; n < kind.items.length; n++) {
    const at = OF_IMAGE.indexOf(kind.items[n].name);
    // The root stands in the arguments, too, where xend has written them.
    const isSaid = kind.items[n].name == 'root' && kind.valueOf('args').includes('root=');
    if (at >= 0 && !isSaid) lines += setting(SETTINGS[at], kind.items[n].value);
    else if (at < 0) refuse(config, kind.items[n].name);
  }
  return lines;
}

function setting(name: string, value: string): string {
  // As xend tells of processors: ((0 1)).
  return value == '' ? '' : name + ' = ' + quoted(value) + '\n';
}
function quoted(text: string): string {
  return text.includes("'") ? '"' + text + '"' : "'" + text + "'";
}

/** `(vbd (uname file:/x) (dev sda1:disk) (mode w))`. */
function disk(device: Sxp): string {
  return (
    device.valueOf('uname') + ',' + device.valueOf('dev').split(':')[0] + ',' + device.valueOf('mode', 'r')
  );
}

function card(device: Sxp): string {
  const parts: string[] = [];
  for (let n = 0; n < CARD_KEYS.length; n++) {
    const said = device.valueOf(CARD_KEYS[n]);
    if (said != '') parts.push(CARD_KEYS[n] + '=' + said);
  }
  return parts.join(',');
}
