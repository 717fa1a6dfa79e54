/** How far a campaign is: a line for every tenth, or a line in a terminal that is overwritten a few times a second. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CampaignProgress } from './progress.ts';

let said: string[];
let now: number;
beforeEach(() => {
  [said, now] = [[], 5000];
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  Object.defineProperty(process.stderr, 'isTTY', { value: wasTerminal, configurable: true, writable: true });
});
const wasTerminal = process.stderr.isTTY;

function inTerminal(isTTY: boolean): void {
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true, writable: true });
}

/** Seeds that take 200 s each, the first of which fails. */
function run(progress: CampaignProgress, seeds: number): void {
  for (let seed = 0; seed < seeds; seed++) {
    now += 200_000;
    progress.seed(seed === 0);
  }
}

test('a tenth is a line, with how fast it goes and how long it still takes', () => {
  inTerminal(false);
  run(new CampaignProgress(20, 0, 0), 20);
  expect(said).toHaveLength(10);
  // 18 are left, of 200 s each.
  expect(said[0]).toBe('xenoscope: 2 of 20 seeds, 1 failed, 0.0/s, 3600 s left\n');
  expect(said[9]).toBe('xenoscope: 20 of 20 seeds, 1 failed, 0.0/s, 0 s left\n');
});

test('what was done before is told, and is no part of how fast it goes', () => {
  inTerminal(false);
  run(new CampaignProgress(20, 10, 3), 2);
  expect(said).toEqual([
    'xenoscope: 10 seeds are done already\n',
    'xenoscope: 12 of 20 seeds, 4 failed, 0.0/s, 1600 s left\n',
  ]);
});

test('a terminal has one line, overwritten five times a second at most, and at the end', () => {
  inTerminal(true);
  const progress = new CampaignProgress(100, 0, 0);
  for (let seed = 1; seed <= 100; seed++) {
    now += 50;
    progress.seed(false);
  }
  progress.clear();
  expect(said).toHaveLength(27);
  expect(said[0]).toBe('\r\x1b[K[1 of 100 seeds, 0 failed, 20.0/s, 5 s left]');
  expect(said[1]).toBe('\r\x1b[K[5 of 100 seeds, 0 failed, 20.0/s, 5 s left]');
  expect(said[25]).toBe('\r\x1b[K[100 of 100 seeds, 0 failed, 20.0/s, 0 s left]');
  expect(said[26]).toBe('\r\x1b[K');
});
