/** xm migrate [--live] [--port=PORT] DOMAIN HOST: sends a domain to another host; --live: it runs on meanwhile, but for a moment. */
import { XEN_DOMCTL_destroydomain } from 'xen';
import { CLOCK_MONOTONIC, SIG_IGN, SIGPIPE, SOCK_STREAM } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import * as devices from 'dom0/lib/devices';
import { awaitGone, Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { configPath } from 'dom0/lib/managed';
import { forget, pathOf } from 'dom0/lib/nodes';
import { toJson } from 'dom0/lib/saved/configuration';
import { BANNER, hears, PATIENCE_MS, PERMISSION, READY, REPORT, say } from 'dom0/lib/saved/handshake';
import { Reader } from 'dom0/lib/saved/reader';
import { Rounds } from 'dom0/lib/saved/rounds';
import { Saver } from 'dom0/lib/saved/saver';
import { resumeDomain, suspendDomain } from 'dom0/lib/saved/suspend';
import { Writer } from 'dom0/lib/saved/writer';
import { writeEnd, writeHeader } from 'dom0/lib/saved/xl-file';
import { clock, close, setSignal } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { address, badAddress, connect, socket } from 'programs/lib/sockets';
import { writeNode } from 'programs/lib/store';
import { bad, number, table } from 'programs/lib/text';
import { domainOf, misused } from './arguments';
import { MIGRATING } from './resume';
import { presentOf } from './save';

const USAGE: string = 'migrate [--live] [--port=PORT] DOMAIN HOST';
const USUAL_PORT: u32 = 8002;
const NS_PER_MS: u64 = 1_000_000;

let isLive: bool = false;
let port: u32 = USUAL_PORT;

export function migrate(args: string[]): i32 {
  const names: string[] = [];
  for (let n = 0; n < args.length; n++) {
    if (args[n] == '--live' || args[n] == '-l') isLive = true;
    else if (args[n].startsWith('--port=')) port = <u32>number(args[n].substring(7));
    else if (args[n].startsWith('-')) return misused(USAGE);
    else names.push(args[n]);
  }
  if (names.length != 2 || bad || port == 0 || port > 65535) return misused(USAGE);
  const domain = domainOf(names[0]);
  if (domain == null) return 1;
  const problem = domain.id == 0 ? 'this is the host itself' : sendTo(domain, names[1]);
  if (problem == '') return 0;
  complain(domain.name + ': ' + problem);
  return 1;
}

/** Empty, or what is wrong: then the domain is here as it was, but where it is said. */
function sendTo(domain: Domain, host: string): string {
  if (domain.isShutDown || domain.isDying) return 'it has ended';
  const config = new Config(configPath(domain.uuid));
  if (!config.read()) return 'there is no configuration of it';
  const own = unsharedDisk(config);
  if (own != '') return own + ' is on this host alone: only a disk that both attach (phy:) can go along';
  const place = address(host);
  if (badAddress) return host + ': there is no such host';
  const connection = socket(SOCK_STREAM);
  const failed = connect(connection, place, port);
  if (failed < 0)
    return host + ': ' + describe(failed) + '; does its xend take in domains (xend-relocation-server)?';
  setSignal(SIGPIPE, SIG_IGN);
  const name = domain.name;
  const json = toJson(config, presentOf(domain, config));
  const reader = new Reader(connection, PATIENCE_MS);
  if (!hears(reader, BANNER)) return host + ': it does not let this host in (xend-relocation-hosts-allow)';
  writeNode(pathOf(domain.id) + '/name', MIGRATING + name);
  const problem = send(domain, json, reader, new Writer(connection), host);
  close(connection);
  if (problem != '' && !isGiven) writeNode(pathOf(domain.id) + '/name', name);
  return problem;
}

function unsharedDisk(config: Config): string {
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk != null && disk.type != 'phy') return disk.path;
  }
  return '';
}

/** The message that gives the domain away has gone out, or may have. */
let isGiven: bool = false;

function send(domain: Domain, json: string, reader: Reader, writer: Writer, host: string): string {
  writeHeader(writer, json);
  const saver = new Saver(domain.id, writer);
  let problem = '';
  if (!isLive) problem = suspendDomain(domain.id);
  let isSuspended = !isLive && problem == '';
  const start = clock(CLOCK_MONOTONIC);
  if (problem == '' && !saver.run(isLive)) problem = saver.problem;
  const rounds = saver.rounds;
  if (rounds != null) isSuspended = rounds.isSuspended;
  if (problem == '') {
    writeEnd(writer);
    if (writer.failed < 0) problem = describe(writer.failed);
    else if (!hears(reader, READY)) problem = host + ' could not take it: its /var/log/xen/xend.log says why';
  }
  if (problem != '') {
    if (isSuspended) resumeDomain(domain.id);
    return problem;
  }
  isGiven = true;
  say(writer, PERMISSION);
  if (!hears(reader, REPORT) || reader.isShort) return unknown(host);
  const result = new StaticArray<u8>(1);
  if (!reader.take(changetype<usize>(result), 1) || result[0] != 0) return takeBack(domain, reader, host);
  tell(rounds, clock(CLOCK_MONOTONIC) - start, writer.bytes);
  hyper.begin();
  hyper.domctl(XEN_DOMCTL_destroydomain, domain.id);
  forget(domain.id);
  awaitGone(domain.id);
  return '';
}

/** It was given away, and nothing is heard any more. */
function unknown(host: string): string {
  const what = 'it is not known whether ' + host + ' runs it: it stays suspended here.';
  return what + " If that host is gone, 'xm resume' lets it go on";
}

/** The other host could not let it run, and gives it back. */
function takeBack(domain: Domain, reader: Reader, host: string): string {
  if (!hears(reader, PERMISSION)) return unknown(host);
  isGiven = false;
  resumeDomain(domain.id);
  return host + ' could not let it run';
}

function tell(rounds: Rounds | null, ns: u64, bytes: u64): void {
  if (rounds != null) {
    const rows: string[][] = [['Round', 'Sent', 'Skipped', 'Dirtied', 'KiB', 'ms']];
    for (let n = 0; n < rounds.all.length; n++) {
      const each = rounds.all[n];
      rows.push([
        each.isLast ? 'last' : (n + 1).toString(),
        each.sent.toString(),
        each.skipped.toString(),
        each.dirtied.toString(),
        (each.bytes / 1024).toString(),
        (each.ns / NS_PER_MS).toString(),
      ]);
    }
    print(table(rows, 62));
  }
  print('Sent ' + (bytes / 1024).toString() + ' KiB in ' + (ns / NS_PER_MS).toString() + ' ms\n');
}
