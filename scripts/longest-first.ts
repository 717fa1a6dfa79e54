/** In which order Vitest runs files: the longest first, so that all processors are busy to the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take five seconds of a processor or more, the most first. Those in Chromium wait for a guest's time, so that others go on
 * beside them all along; Debian's whole systems have to be made first, where nothing is kept.
 */
const LONGEST = [
  'ui/lab/lessons/lessons.test.ts',
  'guests/tests/dom0/bookworm.test.ts',
  'ui/web/page-worlds.test.ts',
  'ui/web/page.test.ts',
  'ui/lab/world/migration.test.ts',
  'guests/tests/dom0/linux-devices.test.ts',
  'ui/lab/world/post-copy-linux.test.ts',
  'ui/lab/debian-determinism.test.ts',
  'ui/web/lesson.test.ts',
  'ui/lab/world/post-copy.test.ts',
  'ui/cli/run-world.test.ts',
  'guests/tests/debian-dom0/debian-dom0.test.ts',
  'guests/tests/dom0/faults.test.ts',
  'ui/cli/boot.test.ts',
  'guests/tests/dom0/hotplug.test.ts',
  'ui/lab/world/tour.test.ts',
  'ui/lab/debian.test.ts',
  'ui/cli/grade.test.ts',
  'guests/tests/dom0/linux.test.ts',
  'ui/lab/world/migration-devices.test.ts',
  'ui/lab/world/migration-cuts.test.ts',
  'guests/tests/dom0/actions.test.ts',
  'guests/tests/dom0/save.test.ts',
  'ui/lab/world/world.test.ts',
  'ui/lab/world/apart.test.ts',
  'ui/lab/session/hosts.test.ts',
  'guests/tests/debian-dom0/interop.test.ts',
  'ui/web/page-timeline.test.ts',
  'ui/cli/manager.test.ts',
  'ui/web/guest-web/guest-web.test.ts',
  'guests/tests/dom0/xensv.test.ts',
  'guests/tests/dom0/isolation.test.ts',
  'ui/lab/restart.test.ts',
  'ui/lab/world/world-file.test.ts',
  'guests/tests/dom0/integrity.test.ts',
  'guests/toolchain/proof/operators.test.ts',
  'ui/lab/scenario/scenario.test.ts',
  'ui/lab/soak.test.ts',
  'ui/web/page-sharing.test.ts',
  'guests/mote/fs/ext2/ext2.test.ts',
  'guests/mote/process.test.ts',
  'guests/toolchain/proof/corpus.test.ts',
  'core/translator/translator.test.ts',
  'ui/web/page-offline.test.ts',
  'ui/web/page-story.test.ts',
  'ui/lab/time/travel.test.ts',
  'core/silicon/silicon.test.ts',
  'guests/toolchain/proof/random.test.ts',
  'guests/tests/dom0/xm.test.ts',
  'ui/cli/kept-runs.test.ts',
  'guests/tests/dom0/share.test.ts',
  'guests/tests/dom0/routing.test.ts',
  'guests/programs/programs.test.ts',
  'ui/lab/world/stores.test.ts',
  'ui/cli/run.test.ts',
  'guests/mote/fs/ext2/faults.test.ts',
  'ui/lab/snapshot/snapshot.test.ts',
  'ui/lab/lessons/session.test.ts',
  'guests/tests/dom0/tour.test.ts',
  'guests/tests/dom0/manuals.test.ts',
  'guests/kernel/kernel.test.ts',
  'guests/toolchain/parts.test.ts',
  'ui/lab/timeline/span.test.ts',
  'guests/mote/fs/ext2/mount.test.ts',
  'ui/cli/explore/explore.test.ts',
  'guests/mote/net/network.test.ts',
  'guests/tests/dom0/xend-server.test.ts',
  'guests/tests/dom0/devices.test.ts',
  'ui/lab/timeline/session.test.ts',
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
