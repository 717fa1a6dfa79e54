/** xm restore [-p] FILE: makes a domain of a file that `xm save`, or the real toolstack, has written; -p: paused. */
import { XEN_DOMCTL_destroydomain, xen_sysctl_physinfo, XEN_SYSCTL_physinfo } from 'xen';
import { O_RDONLY } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import { setMemoryMap } from 'dom0/lib/domain-memory';
import { findDomain, isValidName } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { checkActions, keepText } from 'dom0/lib/managed';
import { createDomain, newDomid, openPort, SLACK_KIB } from 'dom0/lib/new-domain';
import { problem as configurationProblem, toClassic } from 'dom0/lib/saved/configuration';
import { Reader } from 'dom0/lib/saved/reader';
import { Restorer } from 'dom0/lib/saved/restorer';
import { problem as fileProblem, readEnd, readHeader } from 'dom0/lib/saved/xl-file';
import { UUID_BYTES } from 'dom0/lib/uuid';
import { close, open } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { misused } from './arguments';
import { readDevices } from './create/devices';
import { descriptionOf, present } from './create/present';
import { readScheduling } from './create/scheduling';
import { findHandle, isKnown, nameOf, numberOf, textOf } from './create/wanted';

const KIB_PER_MB: i64 = 1024;
const KIB_PER_PAGE: u64 = 4;

export function restore(args: string[]): i32 {
  const isPaused = args.length > 0 && args[0] == '-p';
  const rest = isPaused ? args.slice(1) : args;
  if (rest.length != 1) return misused('restore [-p] FILE');
  const fd = open(rest[0], O_RDONLY);
  if (fd < 0) {
    complain(rest[0] + ': ' + describe(fd));
    return 1;
  }
  print('Loading new save file ' + rest[0] + '\n');
  const problem = restoreFrom(new Reader(fd), rest[0], !isPaused);
  close(fd);
  if (problem == '') return 0;
  complain(rest[0] + ': ' + problem);
  return 1;
}

/** The last one that was made, and its name. */
export let restoredDomid: u32 = 0;
export let restoredName: string = '';

/** Makes a domain of what is read, paused or not. Empty, or what is wrong: then there is nothing of it. */
export function restoreFrom(reader: Reader, path: string, runs: bool): string {
  const json = readHeader(reader);
  if (json == '') return fileProblem;
  const text = toClassic(json);
  if (text == '') return configurationProblem;
  const config = new Config(path);
  const handle = new StaticArray<u8>(UUID_BYTES);
  if (!config.parse(text) || !isKnown(config) || !checkActions(config)) return config.problem;
  const name = nameOf(config);
  if (findDomain(name) != null) return 'VM name ' + name + ' already in use by another domain';
  if (!isValidName(name)) return name + ': a name has letters, digits and _-.:/+';
  if (!findHandle(config, handle) || !readDevices(config, handle) || !readScheduling(config))
    return config.problem;
  const memory = numberOf(config, 'memory', 0, 1, 1 << 20);
  const most = numberOf(config, 'maxmem', memory, 1, 1 << 20);
  const vcpus = numberOf(config, 'vcpus', 1, 1, 128);
  if (config.problem != '') return config.problem;
  const free = freeKib();
  if (memory * KIB_PER_MB > free)
    return 'it wants ' + memory.toString() + ' MiB, and ' + (free / KIB_PER_MB).toString() + ' are free';
  return make(reader, config, text, handle, <u32>vcpus, memory, max(memory, most), runs);
}

/** What the host has left, in KiB. */
function freeKib(): i64 {
  hyper.begin();
  if (hyper.sysctl(XEN_SYSCTL_physinfo) < 0) return 0;
  return load<u64>(hyper.sysctlPart(), xen_sysctl_physinfo.free_pages) * KIB_PER_PAGE;
}

function make(
  reader: Reader,
  config: Config,
  text: string,
  handle: StaticArray<u8>,
  vcpus: u32,
  memoryMb: i64,
  maxMemoryMb: i64,
  runs: bool,
): string {
  const domain = descriptionOf(config, vcpus, memoryMb, maxMemoryMb);
  domain.uuid = textOf(config, 'uuid').toLowerCase();
  domain.commandLine = textOf(config, 'extra');
  const failed = createDomain(handle, vcpus, maxMemoryMb * KIB_PER_MB);
  domain.domid = newDomid;
  restoredDomid = newDomid;
  restoredName = domain.name;
  let problem = failed < 0 ? 'creating the domain: ' + describe(failed) : '';
  if (problem == '') {
    setMemoryMap(domain.domid, (<u64>maxMemoryMb) << 20);
    domain.storePort = max(openPort(domain.domid), 0);
    domain.consolePort = max(openPort(domain.domid), 0);
    if (domain.storePort == 0 || domain.consolePort == 0) problem = 'its event channels cannot be opened';
  }
  if (problem == '') {
    const mostPages = (<u64>maxMemoryMb * <u64>KIB_PER_MB + SLACK_KIB) / KIB_PER_PAGE;
    const restorer = new Restorer(
      domain.domid,
      vcpus,
      mostPages,
      domain.storePort,
      domain.consolePort,
      reader,
    );
    if (!restorer.run()) problem = restorer.problem;
    else if (!readEnd(reader)) problem = fileProblem;
    domain.storeMfn = restorer.storeMfn;
    domain.consoleMfn = restorer.consoleMfn;
  }
  if (problem == '') return present(domain, keepText(text, domain.uuid, domain.name), runs);
  hyper.begin();
  if (domain.domid != 0) hyper.domctl(XEN_DOMCTL_destroydomain, domain.domid);
  return problem;
}
