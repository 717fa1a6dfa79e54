/** xm create [-c] FILE: makes a domain as a file says, and lets it run; -c: with its console. */
import { Builder, Wanted } from 'dom0/lib/builder';
import { Config } from 'dom0/lib/config';
import { findDomain, isValidName } from 'dom0/lib/domains';
import { checkActions, keepConfig, MANAGED } from 'dom0/lib/managed';
import { S_IFREG } from 'mote/abi';
import { Stat } from 'programs/lib/calls';
import { complain, print } from 'programs/lib/io';
import { attach } from './console';
import { readDevices } from './create/devices';
import { descriptionOf, present } from './create/present';
import { readScheduling } from './create/scheduling';
import { isKnown, nameOf, uuidOf, wantedOf } from './create/wanted';

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
  if (wanted == null || !readDevices(config, wanted.handle) || !readScheduling(config)) {
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
  const problem = bringUp(config, wanted, builder, config.path.startsWith(MANAGED) ? '' : config.path);
  if (problem == '') return builder.domid;
  complain(name + ': ' + problem);
  return -1;
}

/** The rest of a new domain: its nodes and devices, and that it runs. Empty, or what is wrong: then it is gone. */
function bringUp(config: Config, wanted: Wanted, builder: Builder, file: string): string {
  const domain = descriptionOf(config, wanted.vcpus, wanted.memoryMb, wanted.maxMemoryMb);
  domain.domid = builder.domid;
  domain.uuid = uuidOf(wanted);
  domain.commandLine = wanted.commandLine;
  domain.storeMfn = builder.storeMfn;
  domain.storePort = builder.storePort;
  domain.consoleMfn = builder.consoleMfn;
  domain.consolePort = builder.consolePort;
  // What xend makes anew it has the file of.
  return present(domain, file == '' ? 0 : keepConfig(file, domain.uuid, domain.name), true);
}
