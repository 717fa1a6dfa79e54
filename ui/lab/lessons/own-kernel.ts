/** What lessons ask of a domain whose kernel the student has written. */
import { SHUTDOWN_crash } from '../../../hypervisor/abi/sched.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Note } from './facts.ts';
import type { LessonHost } from './lesson-world.ts';

/** The kernel, and the domain that is made of it. */
export const MINE = 'mine';

/** What `xm create` takes for a kernel of this name. Who crashes stays to be looked at, and does not begin again. */
export const configOf = (kernel: string, more = ''): string =>
  `kernel   = "/lab/${kernel}.elf"\nname     = "${kernel}"\nmemory   = 8\non_crash = "preserve"\n${more}`;

export const MINE_CONFIG = configOf(MINE);

/** Notes how domains have ended: `ended`, `reason`, and `crashed` where it was that. A domain that is destroyed has not ended by itself. */
export const noteEndings: Note = (facts, { domain, detail }) => {
  if (detail.kind !== 'shutdown' || domain === 0) return;
  const id = String(detail.domain);
  facts.set(`${id} ended`, 1);
  facts.set(`${id} reason`, detail.reason);
  if (detail.reason === SHUTDOWN_crash) facts.set(`${id} crashed`, 1);
};

/** What was noted of the student's domain, or of another, or of the last that was called so. */
export const factOf = (host: LessonHost, what: string, name = MINE): number =>
  host.fact(`${String(host.idOf(name))} ${what}`);

export const mine = (host: LessonHost): Domain | undefined => host.domain(MINE);

/** It has crashed, or shut down. */
export const hasEnded = (host: LessonHost, name = MINE): boolean => factOf(host, 'ended', name) === 1;

/** It waits for an event. */
export const isBlocked = (host: LessonHost, name = MINE): boolean => host.letters(name)[1] === 'b';
