/** `xenoscope explore`: tries a scenario with many seeds, keeps a recording of each that fails, and shrinks one of them. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { HostCrash } from '../../lab/host-crash.ts';
import type { Scenario } from '../../lab/scenario/scenario.ts';
import { Trials } from '../../lab/scenario/trials.ts';
import type { Alone } from '../../lab/scenario/trials.ts';
import { sha256 } from '../../lab/snapshot/sha256.ts';
import { readRecording } from '../../lab/time/recording.ts';
import { EXIT_HOST_CRASHED, EXIT_OK, EXIT_SCENARIO_FAILED } from '../exit-codes.ts';
import { ready } from '../ready.ts';
import { told } from '../failure-text.ts';
import { oneNamed, scenariosOf } from '../scenario-files.ts';
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
  const scenario = await scenarioOf(file, options.name);
  await ready(moteImages);
  const alone = await new Trials(scenario).alone().catch((error: unknown) => error as Error);
  if (alone instanceof Error) return failsAlone(alone);
  const digest = await sha256(readFileSync(file));
  const subject = { scenario: scenario.name, file: digest, origin: await originOf(alone) };
  const campaign = Campaign.open(options.output, subject);
  // Without a seed nothing varies: what fails then fails always, and there is nothing to explore.
  const failure = campaign.results.size > 0 ? null : await alone.run();
  if (failure !== null) return failsAlone(failure);
  const threads = new Pool(
    { file: resolve(file), name: scenario.name },
    options.jobs ?? availableParallelism(),
  );
  return exploreWith(new LocalCrew(threads), campaign, subject, options);
}

async function exploreWith(
  local: LocalCrew,
  campaign: Campaign,
  subject: Subject,
  { seeds, queue }: ExploreOptions,
): Promise<number> {
  local.onShrinking = (seed, runs) => {
    showLive(`shrinking seed ${String(seed)}: ${String(runs)} runs`);
  };
  let crew: Crew = local;
  try {
    if (queue !== undefined) crew = await QueueCrew.join(queue, await queueOf(subject), local);
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

function failsAlone(failure: Error): number {
  const text = told(failure).replace(/^/gm, '  ');
  process.stdout.write(`it fails without a seed, when nothing varies:\n${text}\n`);
  return failure instanceof HostCrash ? EXIT_HOST_CRASHED : EXIT_SCENARIO_FAILED;
}

/** SHA-256 of what a recording is of, its images with it. */
async function originOf({ origin }: Alone): Promise<string> {
  const { core, kind, description, images } = await readRecording(origin);
  return sha256(new TextEncoder().encode(JSON.stringify([core, kind, description, images])));
}

/** The queue's name: of all machines that explore the same. */
async function queueOf(subject: Subject): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(subject)));
  return `xenoscope-${digest.slice(0, 16)}`;
}

async function scenarioOf(file: string, wanted: string | undefined): Promise<Scenario> {
  const scenarios = await scenariosOf(file);
  if (wanted !== undefined) return oneNamed(file, scenarios, wanted);
  if (scenarios.length === 1) return scenarios[0]!;
  const names = scenarios.map(({ name }) => name).join(', ');
  throw new UserError(`${file}: it exports several scenarios; --name is to be one of: ${names}`);
}

function countOf({ first, last }: Seeds): number {
  return last - first + 1;
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
