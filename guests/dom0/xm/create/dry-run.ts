/** xm create --dryrun: what a configuration comes to, in the S-expressions in which xm told xend of a domain. */
import { Config } from 'dom0/lib/config';
import * as devices from 'dom0/lib/devices';
import { actionAfter } from 'dom0/lib/managed';
import { close, open, pair, pairOf } from '../sxp';
import { commandLineOf } from './command-line';
import { wantedDisks, wantedVifs } from './devices';
import { nameOf } from './wanted';

const ENDINGS: string[] = ['poweroff', 'reboot', 'crash'];
/** Settings that stand as they are, where there are such. */
const PLAIN: string[] = ['memory', 'maxmem', 'vcpus', 'cpu', 'cpu_weight', 'cpu_cap', 'uuid'];

/** Tells of a domain whose devices have been read. */
export function tellWanted(config: Config): void {
  open('vm');
  pair('name', nameOf(config));
  for (let n = 0; n < PLAIN.length; n++) {
    const setting = config.find(PLAIN[n]);
    if (setting != null) pair(PLAIN[n], setting.text);
  }
  for (let n = 0; n < ENDINGS.length; n++) pair('on_' + ENDINGS[n], actionAfter(config, ENDINGS[n]));
  open('image');
  open('linux');
  pair('kernel', config.textOf('kernel'));
  if (config.find('ramdisk') != null) pair('ramdisk', config.textOf('ramdisk'));
  const commandLine = commandLineOf(config);
  if (commandLine != null && commandLine != '') pairOf('args', commandLine);
  close();
  close();
  for (let n = 0; n < wantedDisks.length; n++) disk(wantedDisks[n]);
  for (let n = 0; n < wantedVifs.length; n++) vif(wantedVifs[n]);
  close();
}

function disk(wanted: devices.Disk): void {
  open('device');
  open('vbd');
  pair('uname', wanted.type + ':' + wanted.path);
  pair('dev', wanted.device);
  pair('mode', wanted.writable ? 'w' : 'r');
  close();
  close();
}

function vif(wanted: devices.Vif): void {
  open('device');
  open('vif');
  pair('mac', wanted.mac);
  if (wanted.bridge != '') pair('bridge', wanted.bridge);
  if (wanted.ip != '') pairOf('ip', wanted.ip);
  if (wanted.vifname != '') pair('vifname', wanted.vifname);
  if (wanted.rate != '') pair('rate', wanted.rate);
  close();
  close();
}
