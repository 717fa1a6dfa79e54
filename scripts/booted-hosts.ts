/**
 * Vitest's global set-up: a folder for hosts that tests begin with (ui/lab/booted-testing.ts). It is of one run, so nothing in it is
 * older than what boots; when files are watched it is emptied before they run again.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    bootedHosts: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'xenoscope-booted-'));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  project.provide('bootedHosts', folder);
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}
