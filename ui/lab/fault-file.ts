/** Faults as files have them, and as scenarios ask for them: held against what can be. */
import type { LanFault } from '../../devices/lan/lan.ts';
import type { Fault } from './faults.ts';
import { Field } from './world/field.ts';

const MOST_DOMAINS = 0x7fef;
const MOST_VCPUS = 8191;
const MOST_DISKS = 64;
const MOST_COUNT = 1e9;
const MOST_NS = 1e15;

type Reader = (field: Field) => unknown;

const text: Reader = (field) => field.text();
const whole =
  (most: number): Reader =>
  (field) =>
    field.number(0, most);

const hexadecimal: Reader = (field) =>
  /^([0-9a-f]{2})*$/.test(field.text())
    ? field.text()
    : field.fail('it is to be pairs of hexadecimal digits');

const domain = whole(MOST_DOMAINS);
const vcpu = whole(MOST_VCPUS);
const disk = whole(MOST_DISKS);
const count = whole(MOST_COUNT);
const ns = whole(MOST_NS);

const LAN_FAULTS: Readonly<Record<LanFault['kind'], Readonly<Record<string, Reader>>>> = {
  'lose frames': { share: (field) => field.number(0, 1, false) },
  'drop frames': { count },
  'delay frames': { ns },
  'frame from outside': { frame: hexadecimal },
};

/** What each kind of fault is told. */
const FAULTS: Readonly<Record<Fault['kind'], Readonly<Record<string, Reader>>>> = {
  'crash domain': { domain, message: text },
  'destroy domain': { domain },
  'pause domain': { domain },
  'unpause domain': { domain },
  'stop vcpu': { domain, vcpu },
  'start vcpu': { domain, vcpu },
  'fail requests': { disk, count },
  'delay requests': { disk, ns },
  ...LAN_FAULTS,
};

/** Throws DescriptionError, which names the field. */
export function readFault(field: Field): Fault {
  return read(field, FAULTS) as Fault;
}

export function readLanFault(field: Field): LanFault {
  return read(field, LAN_FAULTS) as LanFault;
}

/** The same of a fault that a scenario asks for. */
export function checkFault(fault: Fault): Fault {
  return readFault(new Field(fault.kind, fault));
}

export function checkLanFault(fault: LanFault): LanFault {
  return readLanFault(new Field(fault.kind, fault));
}

function read(field: Field, kinds: Readonly<Record<string, Readonly<Record<string, Reader>>>>): object {
  const kind = field.entries().get('kind')?.text() ?? field.fail('it has no kind');
  if (!Object.hasOwn(kinds, kind)) field.fail(`there is no fault ${kind}`);
  const readers = kinds[kind]!;
  const fields = field.object(['kind', ...Object.keys(readers)]);
  const values = Object.entries(readers).map(([name, reader]) => [name, reader(fields[name]!)] as const);
  return { kind, ...Object.fromEntries(values) };
}
