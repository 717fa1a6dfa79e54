/** xm restore [-p] FILE: makes a domain of a file that `xm save`, or the real toolstack, has written; -p: paused. */
import { O_RDONLY } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import { claim, setMemoryMap } from 'dom0/lib/domain-memory';
import { findDomain, isValidName } from 'dom0/lib/domains';
import { areKnown } from 'dom0/lib/settings';
import { checkActions, keepText } from 'dom0/lib/managed';
import { leavingDomid } from 'dom0/lib/migration/record';
import { Described } from 'dom0/lib/nodes';
import { roomFor } from 'dom0/lib/host-memory';
import { createDomain, newDomid, openPort, SLACK_KIB } from 'dom0/lib/new-domain';
import { problem as configurationProblem, toClassic } from 'dom0/lib/saved/configuration';
import { Reader } from 'dom0/lib/saved/reader';
import { RestoredPages } from 'dom0/lib/saved/restored-pages';
import { Restorer } from 'dom0/lib/saved/restorer';
import { problem as fileProblem, readEnd, readHeader } from 'dom0/lib/saved/xl-file';
import { UUID_BYTES } from 'dom0/lib/uuid';
import { close, open } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { commandLineOf } from './create/command-line';
import { readDevices } from './create/devices';
import { connect, descriptionOf, present, withdraw } from './create/present';
import { readScheduling } from './create/scheduling';
import { findHandle, nameOf, numberOf } from './create/wanted';
import { isSet, misused } from './switches';

const KIB_PER_MB: i64 = 1024;
const KIB_PER_PAGE: u64 = 4;

export function restore(args: string[]): i32 {
  return args.length == 1 ? restoreFile(args[0]) : misused();
}

/** Makes a domain of a file: an exit status. */
export function restoreFile(path: string): i32 {
  const fd = open(path, O_RDONLY);
  if (fd < 0) {
    complain(path + ': ' + describe(fd));
    return 1;
  }
  print('Loading new save file ' + path + '\n');
  const problem = restoreFrom(new Reader(fd), path, !isSet('paused'));
  close(fd);
  if (problem == '') return 0;
  complain(path + ': ' + problem);
  return 1;
}

/** Makes a domain of what is read, paused or not. Empty, or what is wrong: then there is nothing of it. */
function restoreFrom(reader: Reader, path: string, runs: bool): string {
  const arrival = new Arrival(reader, path);
  if (arrival.readConfiguration() && arrival.make() && arrival.present('')) arrival.fill(runs);
  return arrival.problem;
}

/** A domain that comes in a stream, step by step; what cannot be leaves nothing of it. */
export class Arrival {
  /** What is wrong; empty: nothing. */
  problem: string = '';
  domid: u32 = 0;
  name: string = '';
  uuid: string = '';
  private config: Config;
  private text: string = '';
  private handle: StaticArray<u8> = new StaticArray<u8>(UUID_BYTES);
  private vcpus: u32 = 0;
  private memoryMb: i64 = 0;
  private maxMemoryMb: i64 = 0;
  private domain: Described = new Described();

  constructor(
    private reader: Reader,
    path: string,
  ) {
    this.config = new Config(path);
  }

  /** Its pages follow when it runs: then `pages` are known, and disposed of by who fetches them. */
  comesLater: bool = false;
  pages: RestoredPages | null = null;

  private fail(what: string): bool {
    this.problem = what;
    return false;
  }

  /** Reads what it is to be, and whether that can be here. */
  readConfiguration(): bool {
    const config = this.config;
    const json = readHeader(this.reader);
    if (json == '') return this.fail(fileProblem);
    this.text = toClassic(json);
    if (this.text == '') return this.fail(configurationProblem);
    if (!config.parse(this.text) || !areKnown(config) || !checkActions(config))
      return this.fail(config.problem);
    this.name = nameOf(config);
    if (findDomain(this.name) != null)
      return this.fail('VM name ' + this.name + ' already in use by another domain');
    if (!isValidName(this.name)) return this.fail(this.name + ': a name has letters, digits and _-.:/+');
    this.uuid = config.textOf('uuid').toLowerCase();
    if (
      !findHandle(config, this.handle, leavingDomid(this.uuid)) ||
      !readDevices(config, this.handle) ||
      !readScheduling(config)
    )
      return this.fail(config.problem);
    this.memoryMb = numberOf(config, 'memory', 0, 1, 1 << 20);
    this.maxMemoryMb = max(this.memoryMb, numberOf(config, 'maxmem', this.memoryMb, 1, 1 << 20));
    this.vcpus = <u32>numberOf(config, 'vcpus', 1, 1, 128);
    if (config.problem != '') return this.fail(config.problem);
    const lack = roomFor(this.memoryMb * KIB_PER_MB);
    return lack == '' || this.fail(lack);
  }

  /** Makes the domain, paused, without memory, which is set aside for it. */
  make(): bool {
    let failed = createDomain(this.handle, this.vcpus, this.maxMemoryMb * KIB_PER_MB);
    this.domid = newDomid;
    if (failed < 0) return this.drop('creating the domain: ' + describe(failed));
    failed = claim(this.domid, (<u64>this.memoryMb * <u64>KIB_PER_MB) / KIB_PER_PAGE);
    return failed == 0 || this.drop('its memory: ' + describe(failed));
  }

  /**
   * Describes it, by its name behind `prefix`, and makes its devices, while what it is has yet to come: where it comes from another
   * host it stands still when the last of that comes.
   */
  present(prefix: string): bool {
    const domain = descriptionOf(this.config, this.vcpus, this.memoryMb, this.maxMemoryMb);
    this.domain = domain;
    domain.domid = this.domid;
    domain.uuid = this.uuid;
    domain.name = prefix + this.name;
    const line = commandLineOf(this.config);
    domain.commandLine = line == null ? '' : line;
    setMemoryMap(domain.domid, (<u64>this.maxMemoryMb) << 20);
    domain.storePort = max(openPort(domain.domid), 0);
    domain.consolePort = max(openPort(domain.domid), 0);
    if (domain.storePort == 0 || domain.consolePort == 0)
      return this.drop('its event channels cannot be opened');
    const problem = present(domain, keepText(this.text, domain.uuid, this.name));
    return problem == '' || this.fail(problem);
  }

  /** Fills it, and lets it run or not. */
  fill(runs: bool): bool {
    const domain = this.domain;
    const restorer = new Restorer(
      domain.domid,
      this.vcpus,
      (<u64>this.maxMemoryMb * <u64>KIB_PER_MB + SLACK_KIB) / KIB_PER_PAGE,
      domain.storePort,
      domain.consolePort,
      this.reader,
    );
    restorer.comesLater = this.comesLater;
    if (!restorer.run()) return this.drop(restorer.problem);
    this.pages = restorer.pages;
    if (!readEnd(this.reader)) return this.drop(fileProblem);
    // It may have less than it might: the rest is in its balloon.
    claim(domain.domid, 0);
    domain.storeMfn = restorer.storeMfn;
    domain.consoleMfn = restorer.consoleMfn;
    const problem = connect(domain, runs);
    return problem == '' || this.fail(problem);
  }

  /** It cannot be, and why. */
  drop(what: string): bool {
    if (this.domid != 0) {
      this.domain.domid = this.domid;
      this.domain.uuid = this.uuid;
      withdraw(this.domain);
    }
    return this.fail(what);
  }
}
