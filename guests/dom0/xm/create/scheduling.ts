/** Where and how much a new domain may run: `cpus` or, as it was once, `cpu`, `cpu_weight`, `cpu_cap`. */
import { Config, Setting } from 'dom0/lib/config';
import { describe } from 'programs/lib/errno';
import { number } from 'programs/lib/text';
import { processorsIn, unknownProcessors } from '../arguments';
import { setCredit } from '../sched';
import { pin } from '../vcpus';

const MAX_WEIGHT: i64 = 0xffff;
const MAX_CAP: i64 = 0xffff;

/** By vcpu, the last one for all that follow: the processors it may use, a bit each. */
const processors: u64[] = [];
/** -1: as the scheduler has it. */
let weight: i64 = -1;
let cap: i64 = -1;

/** Reads the settings; false: `config.problem`. */
export function readScheduling(config: Config): bool {
  const cpus = config.find('cpus');
  for (let n = 0; cpus != null && n < cpus.items.length; n++) {
    const set = processorsIn(cpus.items[n]);
    if (set == 0) config.complain(cpus, unknownProcessors);
    processors.push(set);
  }
  const cpu = config.find('cpu');
  // -1: any.
  if (cpu != null && cpus == null && cpu.text != '' && cpu.text != '-1') {
    const set = processorsIn(cpu.text);
    if (set == 0) config.complain(cpu, unknownProcessors);
    processors.push(set);
  }
  weight = numberIn(config, config.find('cpu_weight'), 1, MAX_WEIGHT);
  cap = numberIn(config, config.find('cpu_cap'), 0, MAX_CAP);
  return config.problem == '';
}

function numberIn(config: Config, setting: Setting | null, least: i64, most: i64): i64 {
  if (setting == null) return -1;
  const value = number(setting.text);
  if (setting.isNumber && value >= least && value <= most) return value;
  config.complain(setting, 'it is to be a number from ' + least.toString() + ' to ' + most.toString());
  return -1;
}

/** Makes it so: empty, or what is wrong. */
export function schedule(domid: u32, vcpus: u32): string {
  for (let vcpu: u32 = 0; vcpu < vcpus && processors.length > 0; vcpu++) {
    const set = processors[min(<i32>vcpu, processors.length - 1)];
    const failed = pin(domid, vcpu, set);
    if (failed < 0) return 'cpus: ' + describe(failed);
  }
  return weight < 0 && cap < 0 ? '' : setCredit(domid, weight, cap);
}
