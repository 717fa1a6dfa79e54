import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, cached } from './cache.ts';

describe('cached', () => {
  let home = '';
  let makings = 0;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'cache-'));
    makings = 0;
    vi.stubEnv('XDG_CACHE_HOME', home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  function make(made: string, work: string): Promise<void> {
    makings += 1;
    writeFileSync(join(made, 'image'), String(makings));
    writeFileSync(join(work, 'scrap'), '');
    return Promise.resolve();
  }
  function listing(): string[] {
    return readdirSync(cacheFolder()).sort();
  }

  it('makes a thing once, however many ask for it, and keeps what was made alone', async () => {
    const folders = await Promise.all([1, 2, 3].map(() => cached('thing', 'flour and water', make)));
    expect(new Set(folders).size).toBe(1);
    expect(makings).toBe(1);
    expect(readdirSync(folders[0]!)).toEqual(['image']);
    expect(listing()).toHaveLength(1);
  });

  it('makes another by another recipe', async () => {
    const first = await cached('thing', 'flour and water', make);
    const second = await cached('thing', 'flour and milk', make);
    expect([first, second].map((folder) => readFileSync(join(folder, 'image'), 'utf8'))).toEqual(['1', '2']);
  });

  it('keeps the three of a kind that were used last, and all of other kinds', async () => {
    const folders: string[] = [await cached('other', 'x', make)];
    for (const [age, recipe] of ['a', 'b', 'c'].entries()) {
      const folder = await cached('thing', recipe, make);
      utimesSync(folder, age + 1, age + 1);
      folders.push(folder);
    }
    await cached('thing', 'a', make);
    folders.push(await cached('thing', 'd', make));
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true, false, true, true]);
  });

  it('leaves nothing of what could not be made', async () => {
    const fail = async (made: string, work: string): Promise<void> => {
      await make(made, work);
      throw new Error('burnt');
    };
    await expect(cached('thing', 'x', fail)).rejects.toThrow('burnt');
    expect(listing()).toEqual([]);
  });
});
