/** xm create [-c] FILE: makes a domain as a file says, and lets it run; -c: with its console. */
import { Builder, Wanted } from 'dom0/lib/builder';
import { Config } from 'dom0/lib/config';
import { findDomain, isValidName } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { checkActions, dropConfig, keepConfig, MANAGED } from 'dom0/lib/managed';
import { Described, describe as describeNodes, forget } from 'dom0/lib/nodes';
import { introduce } from 'programs/lib/store';
import { CLOCK_REALTIME, S_IFREG } from 'mote/abi';
import { clock, Stat } from 'programs/lib/calls';
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { attach } from './console';
import { makeDevices, readDevices } from './create/devices';
import { readScheduling, schedule } from './create/scheduling';
import { isKnown, nameOf, textOf, uuidOf, wantedOf } from './create/wanted';

/** Where a configuration is looked for by its name, in turn. */
const FOLDERS: string[] = ['/etc/xen/', '/lab/', '/lab/xen/'];

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
  if (wanted == null || !readDevices(config, wanted) || !readScheduling(config)) {
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
  if (problem == '') problem = schedule(builder.domid, wanted.vcpus);
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
