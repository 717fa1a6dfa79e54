/** `g`: the grants that are in use, by who gave them (common/grant_table.c). */
import type { Domain } from '../state/domain.ts';
import { entryAddress, readHalfword, statusAddress } from '../grants/grant-table.ts';
import type { ActiveGrant } from '../state/grant-table.ts';
import { frameOf, inUse } from '../grants/pin.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import type { DebugKey } from './key.ts';

/** Entries of a maptrack frame. */
const MAPPINGS_PER_FRAME = 256;

export const grantTables: DebugKey = {
  key: 'g',
  description: 'print grant table usage',
  diagnostic: 'tasklet',
  dump: ({ domains, frames }) => [
    "gnttab_usage_print_all [ key 'g' pressed",
    ...[...domains.values()].flatMap((domain) => usageOf(frames, domain)),
    'gnttab_usage_print_all ] done',
  ],
};

function usageOf(frames: FrameTable, { id, grants }: Domain): string[] {
  const used = [...grants.active].filter(([, grant]) => inUse(grant)).sort(([one], [other]) => one - other);
  const maptrack = Math.ceil(grants.mappings.length / MAPPINGS_PER_FRAME);
  return [
    '      -------- active --------       -------- shared --------',
    '[ref] localdom mfn      pin          localdom gmfn     flags',
    `grant-table for remote d${String(id)} (v${String(grants.version)})`,
    `  ${String(grants.frames.length)} frames (${String(grants.maxFrames)} max), ` +
      `${String(maptrack)} maptrack frames (${String(Math.ceil(grants.maxMappings / MAPPINGS_PER_FRAME))} max)`,
    ...used.map(([ref, grant]) =>
      entry(ref, grant, {
        domid: readHalfword(frames, entryAddress(grants, ref) + 2),
        frame: frameOf(frames, grants, ref),
        flags: readHalfword(frames, statusAddress(grants, ref)),
      }),
    ),
    ...(used.length === 0 ? ['no active grant table entries'] : []),
  ];
}

/** As the granter wrote it. */
interface Shared {
  readonly domid: number;
  readonly frame: number;
  readonly flags: number;
}

/** The pins are Xen's counts: of host mappings, writable ones in the lowest byte, read-only ones in the next. */
function entry(ref: number, grant: ActiveGrant, shared: Shared): string {
  const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  const pins = grant.writers | (grant.readers << 8);
  return (
    `[${hex(ref, 3)}]  ${String(grant.domid).padStart(5)} ${hex(grant.mfn, 5)} ${hex(pins, 8)}      ` +
    `${String(shared.domid).padStart(5)} ${hex(shared.frame, 6)} ${hex(shared.flags, 2)}`
  );
}
