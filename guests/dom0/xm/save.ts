/** xm save [-c] DOMAIN FILE: saves a domain into a file, and ends it, or (-c) lets it go on. */
import { XEN_DOMCTL_destroydomain } from 'xen';
import { O_CREAT, O_TRUNC, O_WRONLY } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import { awaitGone, Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { devicesOf } from 'dom0/lib/kept-devices';
import { configPath } from 'dom0/lib/managed';
import { forget, pathOf } from 'dom0/lib/nodes';
import { Present, toJson } from 'dom0/lib/saved/configuration';
import { Saver } from 'dom0/lib/saved/saver';
import { resumeDomain, suspendDomain } from 'dom0/lib/saved/suspend';
import { Writer } from 'dom0/lib/saved/writer';
import { writeEnd, writeHeader } from 'dom0/lib/saved/xl-file';
import { close, open, unlink } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { readNode } from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { domainOf } from './arguments';
import { isSet, misused } from './switches';

export function save(args: string[]): i32 {
  if (args.length != 2) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  if (domain.id == 0) {
    complain('Domain-0: this is the host itself');
    return 1;
  }
  const problem = saveTo(domain, args[1], isSet('checkpoint'));
  if (problem == '') return 0;
  complain(domain.name + ': ' + problem);
  return 1;
}

/** Empty, or what is wrong: then the domain goes on, and there is no file. */
export function saveTo(domain: Domain, path: string, goesOn: bool): string {
  if (domain.isShutDown || domain.isDying) return 'it has ended';
  const config = new Config(configPath(domain.uuid));
  if (!config.read()) return 'there is no configuration of it';
  const json = toJson(config, presentOf(domain, config));
  const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return path + ': ' + describe(fd);
  print('Saving to ' + path + ' new xl format\n');
  let problem = suspendDomain(domain.id);
  const isSuspended = problem == '';
  if (isSuspended) problem = write(domain.id, fd, json);
  close(fd);
  if (problem != '') unlink(path);
  if (!isSuspended) return problem;
  if (problem == '' && !goesOn) {
    hyper.begin();
    hyper.domctl(XEN_DOMCTL_destroydomain, domain.id);
    forget(domain.id);
    awaitGone(domain.id);
    return '';
  }
  const failed = resumeDomain(domain.id);
  return problem == '' && failed < 0 ? 'it does not go on: ' + describe(failed) : problem;
}

function write(domid: u32, fd: i32, json: string): string {
  const writer = new Writer(fd);
  writeHeader(writer, json);
  const saver = new Saver(domid, writer);
  if (!saver.run()) return saver.problem;
  writeEnd(writer);
  return writer.failed < 0 ? describe(writer.failed) : '';
}

/** What the store says of it now. */
export function presentOf(domain: Domain, config: Config): Present {
  const path = pathOf(domain.id);
  const present = new Present();
  present.name = domain.name;
  present.uuid = domain.uuid;
  present.vcpus = domain.maxVcpu + 1;
  present.memoryKib = number(readNode(path + '/memory/target'));
  present.maxMemoryKib = number(readNode(path + '/memory/static-max'));
  present.commandLine = readNode('/vm/' + domain.uuid + '/image/cmdline');
  const cards = devicesOf(domain, 'vif');
  for (let n = 0; n < cards.length; n++)
    present.macs.push(readNode(path + '/device/vif/' + cards[n] + '/mac'));
  return present;
}
