/**
 * A hostile domain: domain 0 makes it beside a victim and says what it tries: frames, ports and grants of others, what is
 * for the privileged, the processor's and Xen's own. All of it is refused, and neither the victim nor domain 0 nor Xen's
 * memory is changed by it. This kernel is to be booted as domain 0.
 */
import { initKernel } from 'kernel/boot';
import { controls, schedules } from './control';
import { fatal } from './fatal';
import { addresses, descriptors, localTables, ports, registers, xensSegments } from './processor';
import { pointers } from './pointers';
import {
  copies,
  everyHandle,
  foreignGrants,
  grantsTakenBack,
  offerGrants,
  readOnlyGrant,
  tables,
} from './grants';
import { takeBack, transitive, warmUp } from './grants';
import { check, checkNumber, finish } from '../check';
import { build, destroy, hostile, victim } from './agent';
import { findTargets, foreignFrames, foreignTables, ownTables, pins, target, TARGETS } from './frames';
import { closePorts, everyPort, foreignPorts, foreignQueues, interrupts, openPorts } from './ports';
import { reservations } from './reservations';
import { awaitFree, freePages, hash, release, settle, sharedInfoFrame } from './witness';

/** Pages that Xen's heap may have taken meanwhile, for what is ours. */
const HEAP: u64 = 4;

export function main(): void {
  initKernel();
  warmUp();
  const before = freePages();
  build(victim, 4);
  build(hostile, 1);
  findTargets(sharedInfoFrame(victim));
  openPorts();
  offerGrants();
  settle();
  attack('foreign frames', foreignFrames);
  attack('foreign tables', foreignTables);
  attack('its own tables', ownTables);
  attack('pins', pins);
  attack('ports', foreignPorts);
  attack('interrupts', interrupts);
  attack('event queues', () => foreignQueues(target, TARGETS));
  attack('every port', everyPort);
  attack("Xen's memory", addresses);
  attack('registers', registers);
  attack('I/O ports', ports);
  attack('segments', xensSegments);
  attack('descriptors', descriptors);
  attack('local descriptors', localTables);
  attack('addresses', pointers);
  attack('control', controls);
  attack('schedules', schedules);
  attack('grants of others', foreignGrants);
  attack('a grant to read', readOnlyGrant);
  attack('grants taken back', grantsTakenBack);
  attack('copies', copies);
  attack('grant tables', tables);
  attack('grants passed on', transitive);
  attack('every handle', everyHandle);
  attack('reservations', reservations);
  closePorts();
  check('nothing is left of the hostile domain', destroy(hostile));
  takeBack();
  attack('fatal', fatal);
  release();
  check('nor of the victim', destroy(victim));
  check('and their memory is back', awaitFree(before - HEAP));
  finish();
}

function attack(what: string, tries: () => void): void {
  const before = hash();
  tries();
  checkNumber(what, hash() == before ? 0 : 1, 0);
}
