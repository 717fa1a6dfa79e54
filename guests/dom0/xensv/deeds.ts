/** What xensv does as it is asked to, by xm as a person would. Each gives what is wrong; empty: it was done. */
import { CLOCK_REALTIME } from 'mote/abi';
import { findDomain } from 'dom0/lib/domains';
import { fieldsOf } from 'dom0/lib/http-message';
import { makeFolders, putFile } from 'dom0/lib/log';
import { configPath } from 'dom0/lib/managed';
import { output, outputStatus } from 'dom0/xend/run';
import { parseSxp, Sxp } from 'dom0/lib/sxp';
import { clock, getpid, readDirectory, unlink } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import { NS_PER_SECOND } from 'programs/lib/time';
import { SNAPSHOTS } from './told';

/** Operations that are a command of xm with the domain's name behind it. */
const PLAIN: string[] = ['pause', 'unpause', 'shutdown', 'reboot', 'destroy', 'resume', 'suspend'];

/** Runs a command: what it says where it fails. */
function xm(words: string[]): string {
  const told = output(words).trim();
  if (outputStatus == 0) return '';
  const lines = told.replaceAll('xm: ', '').split('\n');
  const last = lines[lines.length - 1];
  return last == '' ? words.join(' ') + ' has failed' : last;
}

export function act(name: string, op: string, body: string): string {
  if (PLAIN.includes(op)) return xm(['xm', op, name]);
  const fields = fieldsOf(body);
  if (op == 'rename' && fields.has('name')) return xm(['xm', 'rename', name, fields.get('name')]);
  if (op == 'memory' && fields.has('mb')) return xm(['xm', 'mem-set', name, fields.get('mb')]);
  if (op == 'vcpus' && fields.has('count')) return xm(['xm', 'vcpu-set', name, fields.get('count')]);
  if (op == 'migrate' && fields.has('host')) return xm(['xm', 'migrate', '--live', name, fields.get('host')]);
  if (op == 'clone' && fields.has('name')) return clone(name, fields.get('name'));
  if (op == 'snapshot') return snapshot(name);
  return op + ': there is no such operation, or something is missing for it';
}

/** Makes a domain of a configuration. */
export function create(text: string): string {
  return made(text);
}

function made(text: string): string {
  const path = '/tmp/xensv.' + getpid().toString();
  if (putFile(path, text) < 0) return path + ': it cannot be written';
  const told = xm(['xm', 'create', '-q', path]);
  unlink(path);
  return told.replaceAll(path + ':', 'line ');
}

/** The images that a domain writes to, by their paths; null: one is no file, which `other` names. */
function imagesOf(name: string): string[] | null {
  const found = parseSxp(output(['xm', 'list', '--long', name]));
  const images: string[] = [];
  if (found.length == 0) return images;
  for (let n = 0; n < found[0].items.length; n++) {
    const device = found[0].items[n];
    if (!device.isList || device.items.length < 2 || device.items[0].text != 'device') continue;
    const disk = device.items[1];
    if (!disk.isList || disk.items[0].text != 'vbd' || !valueIn(disk, 'mode').startsWith('w')) continue;
    const uname = valueIn(disk, 'uname');
    const isFile = uname.startsWith('file:') || uname.startsWith('tap:aio:') || uname.startsWith('tap:qcow');
    other = uname;
    if (!isFile) return null;
    images.push(uname.substring(uname.lastIndexOf(':') + 1));
  }
  return images;
}
let other: string = '';

function valueIn(sxp: Sxp, name: string): string {
  for (let n = 1; n < sxp.items.length; n++) {
    const each = sxp.items[n];
    if (each.isList && each.items.length == 2 && each.items[0].text == name) return each.items[1].text;
  }
  return '';
}

/** A domain with the same configuration and copies of its disks, as they are at this moment; its cards have addresses of their own. */
function clone(name: string, wanted: string): string {
  const domain = findDomain(name);
  if (domain == null) return "Domain '" + name + "' does not exist.";
  const config = readFile(configPath(domain.uuid));
  if (config == null) return name + ': nothing is known of what it was made from';
  if (findDomain(wanted) != null) return wanted + ': there is such a domain';
  const images = imagesOf(name);
  if (images == null) return other + ': it is no file, and cannot be copied';
  // Of two settings of one name the last one holds.
  const lines = config.split('\n').filter((line) => !line.trim().startsWith('uuid'));
  let text = lines.join('\n') + 'name = "' + wanted + '"\n';
  const isStill = domain.isPaused;
  if (!isStill && images.length > 0) xm(['xm', 'pause', name]);
  let problem = '';
  for (let n = 0; n < images.length && problem == ''; n++) {
    const copy = images[n] + '-' + wanted;
    problem = copied(images[n], copy);
    text += 'disk = [each.replace(":' + images[n] + ',", ":' + copy + ',") for each in disk]\n';
  }
  if (!isStill && images.length > 0) xm(['xm', 'unpause', name]);
  if (config.includes('mac'))
    text +=
      'vif = [",".join([p for p in each.split(",") if not p.strip().startswith("mac=")]) for each in vif]\n';
  return problem == '' ? made(text) : problem;
}

function copied(from: string, to: string): string {
  const told = output(['cp', from, to]).trim();
  return outputStatus == 0 ? '' : told;
}

/** A domain's memory, and copies of its disks, of one moment: it stands still as long as that takes, and goes on. */
function snapshot(name: string): string {
  const domain = findDomain(name);
  if (domain != null && domain.isPaused) return name + ': it is paused, and cannot get ready to be saved';
  const images = imagesOf(name);
  if (images == null) return other + ': it is no file, and cannot be copied';
  const stem = SNAPSHOTS + name + '@' + (clock(CLOCK_REALTIME) / NS_PER_SECOND).toString();
  makeFolders(stem);
  let problem = xm(['xm', 'save', name, stem + '.save']);
  if (problem != '') return problem;
  for (let n = 0; n < images.length && problem == ''; n++)
    problem = copied(images[n], stem + '.disk' + n.toString());
  if (problem == '' && putFile(stem + '.disks', images.join('\n') + '\n') < 0)
    problem = stem + ': no room for it';
  const back = xm(['xm', 'restore', stem + '.save']);
  if (problem != '') dropFiles(stem);
  return problem == '' ? back : problem;
}

/** The domain is again as it was in a snapshot, its disks too: the one that is there now is no more. */
export function makeAgain(snapshot: string): string {
  const stem = SNAPSHOTS + snapshot.replaceAll('/', '_');
  const name = snapshot.substring(0, snapshot.lastIndexOf('@'));
  const list = readFile(stem + '.disks');
  if (list == null) return snapshot + ': there is no such snapshot';
  let problem = findDomain(name) == null ? '' : xm(['xm', 'destroy', name]);
  const images = list.split('\n').filter((each) => each != '');
  for (let n = 0; n < images.length && problem == ''; n++)
    problem = copied(stem + '.disk' + n.toString(), images[n]);
  return problem == '' ? xm(['xm', 'restore', stem + '.save']) : problem;
}

export function removeSnapshot(snapshot: string): string {
  return dropFiles(SNAPSHOTS + snapshot.replaceAll('/', '_')) ? '' : snapshot + ': there is no such snapshot';
}

/** All files of a snapshot. */
function dropFiles(stem: string): bool {
  const names = readDirectory(SNAPSHOTS);
  let isThere = false;
  for (let n = 0; names != null && n < names.length; n++)
    if ((SNAPSHOTS + names[n]).startsWith(stem + '.')) isThere = unlink(SNAPSHOTS + names[n]) == 0 || isThere;
  return isThere;
}
