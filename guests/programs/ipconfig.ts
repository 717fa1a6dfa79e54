/**
 * ipconfig: gives an interface what the kernel's line says of it (/proc/cmdline, as Linux's nfsroot.rst has it,
 * ip=ADDRESS:SERVER:GATEWAY:NETMASK:HOST:INTERFACE:off); where it says nothing of an address, DHCP does (udhcpc).
 */
import * as abi from 'mote/abi';
import { exec } from 'programs/lib/calls';
import { complain, complainOf, readFile } from 'programs/lib/io';
import { awaitUp, changeRoute, setAddress } from 'programs/lib/interfaces';
import { takesNothing } from 'programs/lib/options';
import { address, badAddress, socket } from 'programs/lib/sockets';
import { environment } from 'programs/lib/start';

const WORD = 'ip=';
const USUAL = 'eth0';
// Places of fields.
const ADDRESS = 0;
const GATEWAY = 2;
const NETMASK = 3;
const INTERFACE = 5;

export function main(args: string[]): i32 {
  if (!takesNothing(args)) return 2;
  const fields = fieldsOf();
  const device = field(fields, INTERFACE) == '' ? USUAL : field(fields, INTERFACE);
  if (field(fields, ADDRESS).includes('.')) return configure(device, fields);
  const failed = exec('/bin/udhcpc', ['udhcpc', '-q', '-i', device], environment());
  return complainOf('udhcpc', failed);
}

/** What stands between the colons; nothing, where the line does not say it. */
function fieldsOf(): string[] {
  const line = readFile('/proc/cmdline');
  const words = line == null ? new Array<string>() : line.trimEnd().split(' ');
  for (let n = 0; n < words.length; n++)
    if (words[n].startsWith(WORD)) return words[n].substring(WORD.length).split(':');
  return [];
}

function field(fields: string[], place: i32): string {
  return place < fields.length ? fields[place] : '';
}

function configure(device: string, fields: string[]): i32 {
  const fd = socket(abi.SOCK_DGRAM);
  let failed = awaitUp(fd, device);
  if (failed < 0) return complainOf(device, failed);
  failed = give(fd, abi.SIOCSIFADDR, device, field(fields, ADDRESS));
  const mask = field(fields, NETMASK);
  if (failed == 0 && mask != '') failed = give(fd, abi.SIOCSIFNETMASK, device, mask);
  const gateway = field(fields, GATEWAY);
  if (failed != 0 || gateway == '') return failed;
  const router = address(gateway);
  return badAddress ? wrong(gateway) : told(gateway, changeRoute(fd, abi.SIOCADDRT, 0, 0, router));
}

function give(fd: i32, command: i32, device: string, text: string): i32 {
  const value = address(text);
  return badAddress ? wrong(text) : told(device, setAddress(fd, command, device, value));
}

function wrong(text: string): i32 {
  complain(text + ': that is no address');
  return 1;
}
function told(what: string, failed: i32): i32 {
  return failed < 0 ? complainOf(what, failed) : 0;
}
