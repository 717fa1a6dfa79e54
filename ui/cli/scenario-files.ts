/** The scenarios that files export. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isScenario } from '../lab/scenario/scenario.ts';
import type { Scenario } from '../lab/scenario/scenario.ts';
import { UserError } from './user-error.ts';

/** In the order in which the file's names are sorted: an import has no other. Throws UserError. */
export async function scenariosOf(file: string): Promise<readonly Scenario[]> {
  const exported = await load(file);
  const scenarios = Object.values(exported).flat().filter(isScenario);
  if (scenarios.length === 0) throw new UserError(`${file}: it exports no scenario`);
  return scenarios;
}

/** The one of that name. Throws UserError. */
export async function scenarioNamed(file: string, name: string): Promise<Scenario> {
  return oneNamed(file, await scenariosOf(file), name);
}

/** The same of scenarios that are known to be a file's. */
export function oneNamed(file: string, scenarios: readonly Scenario[], wanted: string): Scenario {
  const found = scenarios.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = scenarios.map(({ name }) => name).join(', ');
  throw new UserError(`${file}: it exports no scenario ${wanted}; there is ${names}`);
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UserError(`cannot load ${file}: ${(error as Error).message}`);
  }
}
