/** xm create FILE [NAME=VALUE]...: makes a domain as a file says, and as is said behind it, and lets it run. */
import { Builder, Wanted } from 'dom0/lib/builder';
import { Config } from 'dom0/lib/config';
import { executeConfig } from 'dom0/lib/config-file';
import { findDomain, isValidName } from 'dom0/lib/domains';
import { freeKib, makeRoom, shortage } from 'dom0/lib/host-memory';
import { checkActions, keepText, MANAGED } from 'dom0/lib/managed';
import { areKnown } from 'dom0/lib/settings';
import { sxpConfig } from 'dom0/lib/sxp-config';
import { debug } from 'dom0/xend/log';
import { S_IFREG } from 'mote/abi';
import { Stat } from 'programs/lib/calls';
import { complain, print } from 'programs/lib/io';
import { attach } from './console';
import { commandLineOf } from './create/command-line';
import { readDevices } from './create/devices';
import { tellWanted } from './create/dry-run';
import { connect, descriptionOf, present } from './create/present';
import { readScheduling } from './create/scheduling';
import { findHandle, nameOf, uuidOf, wantedOf } from './create/wanted';
import { isSet, misused, valueOf } from './switches';

const UUID_BYTES: i32 = 16;
const KIB_PER_MB: i64 = 1024;
/** Where a configuration is looked for by its name, in turn. */
const FOLDERS: string[] = ['/etc/xen', '/lab', '/lab/xen'];

export function create(args: string[]): i32 {
  const isSxp = isSet('config');
  let given = isSxp ? valueOf('config') : valueOf('defconfig');
  const settings: string[] = [];
  for (let n = 0; n < args.length; n++) {
    if (args[n].includes('=')) settings.push(args[n]);
    else if (given != '') return misused();
    else given = args[n];
  }
  if (given == '' || (isSxp && settings.length > 0) || (isSet('paused') && isSet('console_autoconnect')))
    return misused();
  const path = pathOf(given);
  if (path == '') {
    complain(given + ': there is no such file here, nor in ' + folders().join(', '));
    return 1;
  }
  // What xend has kept is settings alone: a backslash in a text means itself there.
  const config = isSxp
    ? sxpConfig(path)
    : path.startsWith(MANAGED)
      ? keptConfig(path)
      : executeConfig(path, settings);
  if (config.problem != '' || !areKnown(config) || !checkActions(config)) {
    complain(config.problem);
    return 1;
  }
  if (isSet('dryrun')) return dryRun(config);
  const domid = make(config);
  if (domid < 0) return 1;
  tellFile(config);
  if (!isSet('quiet')) print('Started domain ' + nameOf(config) + ' (id=' + domid.toString() + ')\n');
  return isSet('console_autoconnect') ? attach(domid) : 0;
}

function keptConfig(path: string): Config {
  const config = new Config(path);
  config.read();
  return config;
}

/** Which file it is: what xend makes anew is none of anybody's. */
function tellFile(config: Config): void {
  if (!isSet('quiet') && !config.path.startsWith(MANAGED))
    print('Using config file "' + config.path + '".\n');
}

/** Says what a domain would be. */
function dryRun(config: Config): i32 {
  const handle = new StaticArray<u8>(UUID_BYTES);
  if (!findHandle(config, handle) || commandLineOf(config) == null || !readDevices(config, handle)) {
    complain(config.problem);
    return 1;
  }
  tellFile(config);
  tellWanted(config);
  return 0;
}

/** Where a configuration is looked for that is not in the current folder. */
function folders(): string[] {
  return isSet('path') ? valueOf('path').split(':') : FOLDERS;
}

/** The file of a configuration; empty: there is none. */
function pathOf(name: string): string {
  const stat = new Stat();
  if (stat.of(name) == 0 && stat.type == S_IFREG) return name;
  const places = name.includes('/') ? new Array<string>() : folders();
  for (let n = 0; n < places.length; n++) {
    const path = places[n] + (places[n].endsWith('/') ? '' : '/') + name;
    if (stat.of(path) == 0 && stat.type == S_IFREG) return path;
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
  if (!isValidName(name)) {
    complain(name + ': a name has letters, digits and _-.:/+');
    return -1;
  }
  const wanted = wantedOf(config);
  if (wanted == null || !readDevices(config, wanted.handle) || !readScheduling(config)) {
    complain(config.problem);
    return -1;
  }
  const kib = <i64>(wanted.memoryMb * KIB_PER_MB);
  makeRoom(kib);
  const builder = new Builder(wanted);
  const isMade = builder.run();
  wanted.release();
  if (!isMade) {
    complain(name + ': ' + builder.problem + (kib > freeKib() ? ': ' + shortage(kib) : ''));
    return -1;
  }
  const problem = bringUp(config, wanted, builder);
  if (problem == '') {
    debug('Domain ' + name + ' (id=' + builder.domid.toString() + ') created');
    return builder.domid;
  }
  complain(name + ': ' + problem);
  return -1;
}

/** The rest of a new domain: its nodes and devices, and that it runs. Empty, or what is wrong: then it is gone. */
function bringUp(config: Config, wanted: Wanted, builder: Builder): string {
  const domain = descriptionOf(config, wanted.vcpus, wanted.memoryMb, wanted.maxMemoryMb);
  domain.domid = builder.domid;
  domain.uuid = uuidOf(wanted);
  domain.commandLine = wanted.commandLine;
  domain.storeMfn = builder.storeMfn;
  domain.storePort = builder.storePort;
  domain.consoleMfn = builder.consoleMfn;
  domain.consolePort = builder.consolePort;
  // What xend makes anew it has the file of.
  const isKept = config.path.startsWith(MANAGED);
  const kept = isKept ? 0 : keepText(config.source, domain.uuid, domain.name);
  const problem = present(domain, kept);
  return problem == '' ? connect(domain, !isSet('paused')) : problem;
}
