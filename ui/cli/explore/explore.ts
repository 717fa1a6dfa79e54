/** `xenoscope explore`: tries a scenario with many seeds, keeps a recording of each that fails, and shrinks one of them. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { coreVersion } from '../../../core/version.ts';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { sha256 } from '../../lab/snapshot/sha256.ts';
import { EXIT_HOST_CRASHED, EXIT_OK, EXIT_SCENARIO_FAILED } from '../exit-codes.ts';
import { ready } from '../ready.ts';
import { scenariosOf } from '../scenario-files.ts';
import { UserError } from '../user-error.ts';
import { Campaign } from './campaign.ts';
import type { SeedResult, Subject } from './campaign.ts';
import { LocalCrew } from './crew.ts';
import type { Crew, Shrunk } from './crew.ts';
import { Pool } from './pool.ts';
import { CampaignProgress, showLive } from './progress.ts';
import { QueueCrew } from './queue.ts';

/** The first and the last. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
}

export interface ExploreOptions {
  readonly seeds: Seeds;
  readonly jobs?: number;
  readonly output: string;
  readonly name?: string;
  /** Of a Redis, where the campaign is on several machines. */
  readonly queue?: string;
}

/** Explores a scenario of a file; returns the exit status. Throws UserError. */
export async function explore(file: string, options: ExploreOptions): Promise<number> {
  const { seeds } = options;
  const name = await nameOf(file, options.name);
  const { core } = await ready(moteImages);
  const subject = { scenario: name, file: await sha256(readFileSync(file)), core: coreVersion(core) };
  const campaign = Campaign.open(options.output, subject);
  const local = new LocalCrew(
    new Pool({ file: resolve(file), name }, options.jobs ?? availableParallelism()),
  );
  local.onShrinking = (seed, runs) => {
    showLive(`shrinking seed ${String(seed)}: ${String(runs)} runs`);
  };
  let crew: Crew = local;
  try {
    if (!(await isFineAlone(local, campaign))) return EXIT_SCENARIO_FAILED;
    if (options.queue !== undefined)
      crew = await QueueCrew.join(options.queue, await queueOf(subject), local);
    await trySeeds(crew, campaign, seeds);
    const failed = failuresOf(campaign, seeds);
    process.stdout.write(`${String(countOf(seeds))} seeds, ${String(failed.length)} failed\n`);
    if (failed.length === 0) return EXIT_OK;
    tellShrunk(await shrunkOf(crew, campaign, failed));
    return failed.some(({ isHostCrash }) => isHostCrash) ? EXIT_HOST_CRASHED : EXIT_SCENARIO_FAILED;
  } finally {
    await crew.end();
  }
}

/** The queue's name: of all machines that explore the same. */
async function queueOf(subject: Subject): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(subject)));
  return `xenoscope-${digest.slice(0, 16)}`;
}

async function nameOf(file: string, wanted: string | undefined): Promise<string> {
  const names = (await scenariosOf(file)).map(({ name }) => name);
  if (wanted === undefined && names.length === 1) return names[0]!;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const problem = wanted === undefined ? 'it exports several scenarios' : `it exports no scenario ${wanted}`;
  throw new UserError(`${file}: ${problem}; --name is to be one of: ${names.join(', ')}`);
}

function countOf({ first, last }: Seeds): number {
  return last - first + 1;
}

/** Without a seed nothing varies: what fails then fails always, and there is nothing to explore. */
async function isFineAlone({ trier }: LocalCrew, campaign: Campaign): Promise<boolean> {
  if (campaign.results.size > 0) return true;
  const { failure } = await trier.try({ vary: null, isRecorded: false });
  if (failure === null) return true;
  process.stdout.write(`it fails without a seed, when nothing varies:\n${failure.replace(/^/gm, '  ')}\n`);
  return false;
}

/** Tries all seeds that nobody has tried yet. */
async function trySeeds(crew: Crew, campaign: Campaign, seeds: Seeds): Promise<void> {
  const all = Array.from({ length: countOf(seeds) }, (_, n) => seeds.first + n);
  const left = all.filter((seed) => !campaign.results.has(seed));
  const failed = failuresOf(campaign, seeds).length;
  const progress = new CampaignProgress(all.length, all.length - left.length, failed);
  await crew.trySeeds(left, (found) => {
    const result = campaign.add(found);
    if (result.failure !== null) {
      progress.clear();
      tell(result);
    }
    progress.seed(result.failure !== null);
  });
  progress.clear();
}

function tell({ seed, failure, variations, recording }: SeedResult): void {
  const where = recording === null ? '' : `; recording, for xenoscope replay and debug: ${recording}`;
  process.stdout.write(`seed ${String(seed)}: ${failure ?? ''} (${String(variations)} variations)${where}\n`);
}

function failuresOf({ results }: Campaign, { first, last }: Seeds): SeedResult[] {
  return [...results.values()].filter(
    ({ seed, failure }) => seed >= first && seed <= last && failure !== null,
  );
}

/** Shrinks the seed that varies least, unless that has been done. */
async function shrunkOf(crew: Crew, campaign: Campaign, failed: readonly SeedResult[]): Promise<Shrunk> {
  const { seed } = [...failed].sort((a, b) => a.variations - b.variations || a.seed - b.seed)[0]!;
  if (campaign.shrunk?.seed === seed) return campaign.shrunk;
  process.stderr.write(`xenoscope: shrinking seed ${String(seed)}\n`);
  const shrunk = await crew.shrink(seed);
  showLive('');
  return campaign.addShrunk(shrunk);
}

function tellShrunk({ seed, only, recording }: Shrunk): void {
  const where = recording === null ? '' : `; recording: ${recording}`;
  process.stdout.write(`seed ${String(seed)} fails with these alone${where}\n`);
  for (const name of only) process.stdout.write(`  ${name}\n`);
}
