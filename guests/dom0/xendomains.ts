/** xendomains start|stop|status: domains that come with the host and go with it: made of what is in a folder, saved and restored. */
import { executeConfig } from 'dom0/lib/config-file';
import { runProgram } from 'dom0/lib/run-program';
import { findDomain, listDomains } from 'dom0/lib/domains';
import { makeFolders } from 'dom0/lib/log';
import { nameOf } from 'dom0/xm/create/wanted';
import { readDirectory, sleepNs, unlink } from 'programs/lib/calls';
import { complain, flush, print, readFile } from 'programs/lib/io';

/** Lines of NAME=VALUE, as Debian has them. */
const SETTINGS: string = '/etc/default/xendomains';
const DEFAULT_AUTO: string = '/etc/xen/auto';
const LOOK_NS: u64 = 50_000_000;
/** How often one looks whether a domain has ended that was asked to: a minute. */
const MAX_LOOKS: i32 = 1200;

export function main(args: string[]): i32 {
  const what = args.length == 2 ? args[1] : '';
  if (what == 'start') return start();
  if (what == 'stop') return stop();
  if (what == 'status') return status();
  complain('usage: xendomains start|stop|status');
  return 2;
}

/** A setting of the file. */
function setting(name: string, usual: string): string {
  const text = readFile(SETTINGS);
  const lines = (text == null ? '' : text).split('\n');
  for (let n = 0; n < lines.length; n++)
    if (lines[n].startsWith(name + '=')) return lines[n].substring(name.length + 1).replaceAll('"', '');
  return usual;
}

/** Where domains are saved; empty: they are shut down. */
function saveFolder(): string {
  return setting('XENDOMAINS_SAVE', '');
}
function autoFolder(): string {
  return setting('XENDOMAINS_AUTO', DEFAULT_AUTO);
}

function filesOf(folder: string): string[] {
  if (folder == '') return [];
  const names = readDirectory(folder);
  return names == null ? new Array<string>() : names;
}

/** First those that were saved, then those that always come and are not there yet. */
function start(): i32 {
  let failed = 0;
  const saved = filesOf(saveFolder());
  for (let n = 0; n < saved.length; n++) {
    const path = saveFolder() + '/' + saved[n];
    print('Restoring Xen domains: ' + saved[n] + '\n');
    flush();
    if (runProgram(['xm', 'restore', path]) == 0) unlink(path);
    else failed = 1;
  }
  const wanted = filesOf(autoFolder());
  for (let n = 0; n < wanted.length; n++) {
    const config = executeConfig(autoFolder() + '/' + wanted[n], []);
    if (config.problem == '' && findDomain(nameOf(config)) != null) continue;
    print('Starting auto Xen domains: ' + wanted[n] + '\n');
    flush();
    if (runProgram(['xm', 'create', config.path]) != 0) failed = 1;
  }
  return failed;
}

/** Saves them all, or shuts them down. One that cannot be saved is shut down. */
function stop(): i32 {
  const folder = saveFolder();
  const domains = listDomains();
  if (folder != '') makeFolders(folder + '/');
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    if (each.id == 0 || each.isDying || each.isShutDown) continue;
    const name = each.name;
    print('Shutting down Xen domains: ' + name + (folder == '' ? '' : '(save)') + '\n');
    flush();
    const path = folder + '/' + name.replaceAll('/', '_');
    if (folder != '' && runProgram(['xm', 'save', name, path]) == 0) continue;
    runProgram(['xm', 'shutdown', name]);
  }
  for (let look = 0; look < MAX_LOOKS && isAnyLeft(); look++) sleepNs(LOOK_NS);
  return isAnyLeft() ? 1 : 0;
}

function isAnyLeft(): bool {
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    if (each.id != 0 && !each.isDying && !each.isShutDown) return true;
  }
  return false;
}

function status(): i32 {
  const wanted = filesOf(autoFolder());
  for (let n = 0; n < wanted.length; n++) {
    const config = executeConfig(autoFolder() + '/' + wanted[n], []);
    const isThere = config.problem == '' && findDomain(nameOf(config)) != null;
    print(wanted[n] + (isThere ? ': running\n' : ': missing\n'));
  }
  return 0;
}
