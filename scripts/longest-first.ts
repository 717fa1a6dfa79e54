/** In which order Vitest runs files: the longest first, so that all processors are busy to the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take eight to a hundred and twenty seconds of a processor, the most first. Those in Chromium have more than one thread, and are
 * to be over before the last others begin.
 */
const LONGEST = [
  'guests/tests/dom0/bookworm.test.ts',
  'ui/web/page.test.ts',
  'ui/web/page-worlds.test.ts',
  'guests/tests/dom0/linux-devices.test.ts',
  'ui/lab/debian.test.ts',
  'ui/lab/debian-determinism.test.ts',
  'guests/tests/dom0/linux.test.ts',
  'guests/tests/dom0/faults.test.ts',
  'ui/cli/boot.test.ts',
  'guests/toolchain/proof/operators.test.ts',
  'ui/lab/world/migration.test.ts',
  'guests/tests/dom0/share.test.ts',
  'guests/tests/dom0/actions.test.ts',
  'guests/toolchain/proof/random.test.ts',
  'core/translator/translator.test.ts',
  'ui/lab/scenario/scenario.test.ts',
  'core/silicon/silicon.test.ts',
  'guests/toolchain/proof/corpus.test.ts',
  'guests/mote/process.test.ts',
  'ui/lab/soak.test.ts',
  'ui/lab/world/world-file.test.ts',
  'guests/tests/dom0/integrity.test.ts',
  'guests/mote/fs/ext2/ext2.test.ts',
  'ui/lab/world/world.test.ts',
  'guests/tests/dom0/save.test.ts',
  'hypervisor/fuzz/fuzzer.test.ts',
];

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
  return place < 0 ? LONGEST.length : place;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Those of one rank as Vitest has them: by how long they took here, or by their size.
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
