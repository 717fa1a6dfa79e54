/**
 * A soak of Mote: a stress script (processes, pipes, files, substitutions, memory) typed at its shell again and again, for
 * as many instructions as asked. At the end nothing may be left over: the memory that is free, the frame-table invariant,
 * and, run a second time, the same state to the bit.
 *
 *     npm run soak -- [millions of instructions, by default 20000]
 */
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { stateHash } from './state-hash.ts';

const SLICE_TICKS = 50_000_000;
const PROMPT = /\n\S* \$ $/;
const MEMORY_MB = 32;
const WARM_ROUNDS = 4;

/** A round: guests/mote/root/etc/stress, in a shell of its own. */
const ROUND = 'sh /etc/stress > /dev/null';
/** Free memory, when the last connections have been forgotten. */
const MEASURE = 'sleep 5; free';

export interface SoakResult {
  readonly instructions: number;
  readonly rounds: number;
  /** What `free` said before the first round and after the last. */
  readonly freeBefore: string;
  readonly freeAfter: string;
  /** By how many KiB more are in use after than before. */
  readonly grownKib: number;
  /** Faults of the frame table's invariant, at the end of any round. */
  readonly faults: readonly string[];
  readonly hash: string;
}

/** Runs rounds until `instructions` are retired. Throws where the shell does not come back. */
export async function soak(instructions: number, progress?: (rounds: number) => void): Promise<SoakResult> {
  const lab = await Lab.boot(loadCore(), {
    ...(await moteImages()),
    commandLine: '',
    memoryMb: MEMORY_MB,
    vcpus: 1,
  });
  const shell = new Shell(lab);
  shell.wait();
  // The first rounds make what stays: pages that the kernel's heap keeps by size, the shell's own memory.
  for (let warm = 0; warm < WARM_ROUNDS; warm++) shell.run(ROUND);
  const freeBefore = shell.run(MEASURE);
  const faults: string[] = [];
  let rounds = 0;
  while (lab.instructions < instructions) {
    shell.run(ROUND);
    faults.push(...checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains));
    rounds++;
    progress?.(rounds);
  }
  const freeAfter = shell.run(MEASURE);
  return {
    ...{ instructions: lab.instructions, rounds, freeBefore, freeAfter, faults },
    grownKib: usedKib(freeAfter) - usedKib(freeBefore),
    hash: await stateHash(lab.hypervisor),
  };
}

/** The kernel's heap keeps a page of a size, and the shell's collector one, depending on the moment. */
export const SLACK_KIB = 8;

/** What `free` says is used. */
function usedKib(text: string): number {
  return Number(/Mem: +\d+ +(\d+)/.exec(text)?.[1]);
}

class Shell {
  private readonly lab: Lab;
  private text = '\n';

  constructor(lab: Lab) {
    this.lab = lab;
    const decoder = new TextDecoder();
    lab.onConsole((bytes) => {
      this.text += decoder.decode(bytes, { stream: true });
    });
  }

  wait(): void {
    while (!PROMPT.test(this.text)) {
      const stop = this.lab.run({ text: PROMPT }, SLICE_TICKS);
      if (stop !== undefined && stop.kind !== 'text') throw new Error(`${stop.kind}: ${this.text}`);
    }
  }

  run(line: string): string {
    this.text = '';
    this.lab.type(new TextEncoder().encode(`${line}\r`));
    this.wait();
    return this.text.replaceAll('\r', '').split('\n').slice(1, -1).join('\n');
  }
}
