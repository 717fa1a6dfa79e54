/**
 * Vitest's global set-up: a folder for what is made once in a run of the tests: the page that they open (ui/web/testing.ts) and,
 * where a machine keeps nothing, hosts (ui/lab/booted-testing.ts). When files are watched it is emptied before they run again.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {import('vitest/node').TestProject} project
 * @returns {() => void}
 */
export default function setup(project) {
  const folder = mkdtempSync(join(tmpdir(), 'xenoscope-booted-'));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  project.provide('bootedHosts', folder);
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}
