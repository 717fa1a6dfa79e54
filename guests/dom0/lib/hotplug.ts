/**
 * The scripts that make a device's other end in domain 0 part of it, /etc/xen/scripts/vif-bridge and the like, which administrators
 * replace by their own. Each is called with `online` when the backend is there, and `offline` when it is gone, that of a disk (block-nbd
 * for nbd:) with `add` before, and `remove`; in the environment
 * are XENBUS_PATH, where the backend's nodes are, XENBUS_TYPE, XENBUS_BASE_PATH, `vif`, the interface's name, and `script`. It
 * writes into the node hotplug-status `connected`, or `error` and into hotplug-error why. What it prints is in the log.
 */
import { O_APPEND, O_CREAT, O_WRONLY } from 'mote/abi';
import { close, dup2, exec, exit, fork, open, wait, waitStatus } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { number } from 'programs/lib/text';
import * as store from 'programs/lib/store';
import { makeFolders } from './log';

export const LOG: string = '/var/log/xen/xen-hotplug.log';

/** Calls the script of a card (`vif`) or a disk (`vbd`). Empty, or what is wrong. */
export function callScript(domid: u32, kind: string, handle: string, command: string): string {
  const path = 'backend/' + kind + '/' + domid.toString() + '/' + handle;
  const script = store.readNode('/local/domain/0/' + path + '/script');
  if (store.failure < 0 || script == '') return '';
  const words = script.split(' ');
  const arguments_: string[] = ['sh', words[0], command];
  const environment: string[] = [
    'PATH=/bin',
    'HOME=/',
    'XENBUS_PATH=' + path,
    'XENBUS_TYPE=' + kind,
    'XENBUS_BASE_PATH=backend',
    'vif=vif' + domid.toString() + '.' + handle,
    'script=' + words[0],
  ];
  const status = runShell(arguments_.concat(words.slice(1)), environment);
  if (status == 0) return '';
  const why = errorOf('/local/domain/0/' + path);
  return why != ''
    ? why
    : words[0] + ': it has failed, with status ' + status.toString() + '; ' + LOG + ' has more';
}

/** What a backend, or its script, says is wrong; empty: nothing. */
export function errorOf(backend: string): string {
  const status = store.readNode(backend + '/hotplug-status');
  if (store.failure < 0 || status != 'error') return '';
  const text = store.readNode(backend + '/hotplug-error');
  const errno = number(text);
  // The backend itself tells a number.
  return errno > 0 && errno.toString() == text ? describe(<i32>-errno) : text;
}

/** The exit status of the shell with these arguments, whose output goes to the log. */
export function runShell(arguments_: string[], environment: string[]): i32 {
  makeFolders(LOG);
  const child = fork();
  if (child == 0) {
    const fd = open(LOG, O_WRONLY | O_CREAT | O_APPEND);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
    exit(-exec('/bin/sh', arguments_, environment));
  }
  return child > 0 && wait(child) == child ? waitStatus() : 1;
}
