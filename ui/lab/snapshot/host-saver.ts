/** Saves a host, and gives it back what was saved: of itself, or of another that was made alike. */
import type { Machine } from '../../../core/machine.ts';
import { DEVICES_SAVED } from '../../../devices/saved.ts';
import { HYPERVISOR_SAVED } from '../../../hypervisor/saved.ts';
import type { Xen } from '../../../hypervisor/xen.ts';
import type { ConsoleText } from '../console-text.ts';
import { LAB_SAVED } from '../saved.ts';
import type { Witness } from '../witness.ts';
import type { Come } from '../world/inputs.ts';
import { ClassTable } from './classes.ts';
import { SnapshotError } from './errors.ts';
import type { SavedWorld } from './format.ts';
import { readGraph } from './graph-reader.ts';
import { writeGraph } from './graph-writer.ts';
import { MachineSaver } from './machine-saver.ts';

/** All that is state, of all rooms. */
export const CLASSES = new ClassTable(DEVICES_SAVED, HYPERVISOR_SAVED, LAB_SAVED);

export class HostSaver {
  /** What of a host is saved besides its machine: for who saves several in one graph. */
  readonly root: {
    readonly hypervisor: Xen;
    readonly text: ConsoleText;
    readonly witness: Witness;
    readonly held: readonly Come[];
  };
  readonly machine: MachineSaver;

  /** From when the host was made on: a machine tells one alone what was written. `held`: what is still to come to it from outside. */
  constructor(hypervisor: Xen, text: ConsoleText, witness: Witness, held: readonly Come[]) {
    this.root = { hypervisor, text, witness, held };
    this.machine = new MachineSaver(hypervisor.machine as Machine);
  }

  /** The host as it is: nobody's to write to, most of it shared with what was saved before. Throws SnapshotError. */
  save(): SavedWorld {
    return { machines: [this.machine.save()], graph: writeGraph(this.root, CLASSES) };
  }

  /** Throws SnapshotError for what is of another host; this one is of no use then. */
  restore({ machines, graph }: SavedWorld): void {
    const [machine] = machines;
    if (machine === undefined || machines.length > 1)
      throw new SnapshotError(`it is a world of ${String(machines.length)} hosts, not of one`);
    readGraph(graph, this.root, CLASSES);
    this.machine.restore(machine);
  }
}
