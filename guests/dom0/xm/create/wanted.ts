/** What a domain is to be, as its configuration says. */
import { Wanted } from 'dom0/lib/builder';
import { Config, Setting } from 'dom0/lib/config';
import { parseCpuid, problem as cpuidProblem } from 'dom0/lib/cpuid';
import { listDomains } from 'dom0/lib/domains';
import { FarBytes, readFar, unread } from 'dom0/lib/far';
import { KernelFile } from 'dom0/lib/kernel-file';
import { makeHandle, parseUuid, uuidAt } from 'dom0/lib/uuid';
import { number } from 'programs/lib/text';
import { commandLineOf } from './command-line';

/** A number of the file from `least` on, or what is usual; -1: it is none. */
export function numberOf(config: Config, name: string, usual: i64, least: i64, most: i64): i64 {
  const setting = config.find(name);
  if (setting == null) return usual;
  const value = number(setting.text);
  if (setting.isNumber && value >= least && value <= most) return value;
  config.complain(setting, 'it is to be a number from ' + least.toString() + ' to ' + most.toString());
  return -1;
}

/** The domain's name: without one, the file's own. */
export function nameOf(config: Config): string {
  const name = config.textOf('name');
  return name != '' ? name : config.path.substring(config.path.lastIndexOf('/') + 1);
}

/** What the file wants; null: `config.problem`. */
export function wantedOf(config: Config): Wanted | null {
  const wanted = new Wanted();
  if (!findHandle(config, wanted.handle)) return null;
  const memory = numberOf(config, 'memory', 128, 1, 1 << 20);
  const most = numberOf(config, 'maxmem', memory, 1, 1 << 20);
  const vcpus = numberOf(config, 'vcpus', 1, 1, 128);
  if (memory < 0 || most < 0 || vcpus < 0) return null;
  wanted.memoryMb = memory;
  wanted.maxMemoryMb = max(most, memory);
  wanted.vcpus = <u32>vcpus;
  const commandLine = commandLineOf(config);
  if (commandLine == null || !isLinux(config)) return null;
  wanted.commandLine = commandLine;
  const cpuid = config.find('cpuid');
  for (let n = 0; cpuid != null && n < cpuid.items.length; n++)
    if (!parseCpuid(cpuid.items[n], wanted.cpuid)) {
      config.complain(cpuid, cpuidProblem);
      return null;
    }
  const kernel = config.find('kernel');
  if (kernel == null) {
    config.problem = 'there is no kernel in the file';
    return null;
  }
  const bytes = readOf(config, kernel);
  if (bytes == null) return null;
  const file = new KernelFile(bytes);
  if (!file.identify()) {
    config.complain(kernel, kernel.text + ': ' + file.problem);
    return null;
  }
  wanted.kernel = file;
  const ramdisk = config.find('ramdisk');
  if (ramdisk != null) {
    wanted.ramdisk = readOf(config, ramdisk);
    if (wanted.ramdisk == null) return null;
  }
  return wanted;
}

/** Whether it is to be built as all are here: by the names that xm had for that. */
function isLinux(config: Config): bool {
  const builder = config.find('builder');
  if (builder == null || builder.text == 'linux' || builder.text == 'generic') return true;
  config.complain(builder, builder.text + ': domains are paravirtualized here: it is to be linux or generic');
  return false;
}

/** The UUID that the file says, or a new one. False: it says none, or somebody else's; `leaving`: the id of one that may have it. */
export function findHandle(config: Config, handle: StaticArray<u8>, leaving: string = ''): bool {
  const setting = config.find('uuid');
  if (setting == null) {
    makeHandle(handle);
    return true;
  }
  if (!parseUuid(setting.text, handle)) config.complain(setting, setting.text + ': it is no UUID');
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++)
    if (
      !domains[n].isDying &&
      domains[n].uuid == setting.text.toLowerCase() &&
      domains[n].id.toString() != leaving
    )
      config.complain(setting, setting.text + ': domain ' + domains[n].name + ' has it');
  return config.problem == '';
}

function readOf(config: Config, setting: Setting): FarBytes | null {
  const bytes = readFar(setting.text);
  if (bytes == null) config.complain(setting, setting.text + ': ' + unread);
  return bytes;
}

export function uuidOf(wanted: Wanted): string {
  return uuidAt(changetype<usize>(wanted.handle));
}
