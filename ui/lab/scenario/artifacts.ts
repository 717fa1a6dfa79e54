/** What failures leave behind: files in `xenoscope-failures` below the working directory, or where XENOSCOPE_FAILURES says. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

/** The same failure at the same instant leaves the same file: a run is a function of its inputs. The file's path. */
function leaveFile(name: string, bytes: Uint8Array): string {
  const folder = resolve(process.env['XENOSCOPE_FAILURES'] ?? 'xenoscope-failures');
  mkdirSync(folder, { recursive: true });
  const ending = extname(name);
  const stem = name.slice(0, -ending.length).replace(/[^A-Za-z0-9]+/g, '-');
  const path = join(folder, stem.replace(/^-/, '') + ending);
  writeFileSync(path, bytes);
  return path;
}

/** What of a run is left as files; no recording of one whose inputs are not all known. */
export interface Left {
  snapshot(): Promise<Uint8Array>;
  readonly recording: (() => Promise<Uint8Array>) | null;
}

/** Leaves files of a run; says where they are, a line each. */
export async function leaveRun(name: string, { snapshot, recording }: Left): Promise<string[]> {
  const path = leaveFile(`${name}.snapshot`, await snapshot());
  const lines = [`snapshot, for xenoscope restore or the page: ${path}`];
  if (recording !== null)
    lines.push(`recording, for xenoscope replay: ${leaveFile(`${name}.recording`, await recording())}`);
  return lines;
}
