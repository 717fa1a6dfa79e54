/**
 * What a campaign has found so far, in a file that only grows: JSON, a line each. The first says what is explored; every other one
 * what came of a seed, or of shrinking one. Whoever ends a campaign, however, goes on with it by the same command.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../user-error.ts';
import type { Found, Shrunk } from './crew.ts';

const FORMAT = 'xenoscope campaign';
const VERSION = 1;

/** What has to be the same for seeds to mean the same. */
export interface Subject {
  readonly scenario: string;
  /** SHA-256 of the file that exports it. */
  readonly file: string;
  /** The same of what it is of: its description, its images, and the processor. */
  readonly origin: string;
}

/** Recordings are files beside it: here are their paths. */
export type SeedResult = Found;

interface Header extends Subject {
  readonly format: string;
  readonly version: number;
}

type Line = { readonly result: SeedResult } | { readonly shrunk: Shrunk };

export class Campaign {
  readonly folder: string;
  readonly results = new Map<number, SeedResult>();
  shrunk: Shrunk | null = null;
  private readonly path: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'campaign.jsonl');
  }

  /** Goes on with the campaign of a folder, or begins it. Throws UserError for one of something else, or no campaign at all. */
  static open(folder: string, subject: Subject): Campaign {
    const campaign = new Campaign(resolve(folder));
    const header: Header = { format: FORMAT, version: VERSION, ...subject };
    try {
      mkdirSync(campaign.folder, { recursive: true });
      if (existsSync(campaign.path)) campaign.read(header);
      else writeFileSync(campaign.path, `${JSON.stringify(header)}\n`);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`cannot write ${campaign.path}: ${(error as Error).message}`);
    }
    return campaign;
  }

  private read(header: Header): void {
    const text = readFileSync(this.path, 'utf8');
    // What was being written when somebody ended it is no line.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(this.path, Buffer.byteLength(whole));
    const [first = '', ...lines] = whole.split('\n').slice(0, -1);
    if (first !== JSON.stringify(header))
      throw new UserError(
        `${this.path}: it is of another scenario, other images, or another Xenoscope; give another --output, or remove it`,
      );
    for (const [index, line] of lines.entries()) this.take(line, index + 2);
  }

  private take(line: string, number: number): void {
    let read: Line;
    try {
      read = JSON.parse(line) as Line;
    } catch {
      throw new UserError(`${this.path}: line ${String(number)} is damaged`);
    }
    if ('result' in read) this.results.set(read.result.seed, read.result);
    else this.shrunk = read.shrunk;
  }

  /** Takes what came of a seed, and gives it back with the path of its recording. */
  add(found: Found): SeedResult {
    const result = { ...found, recording: this.keep(`seed-${String(found.seed)}`, found.recording) };
    this.results.set(result.seed, result);
    this.write({ result });
    return result;
  }

  addShrunk(shrunk: Shrunk): Shrunk {
    const kept = { ...shrunk, recording: this.keep(`seed-${String(shrunk.seed)}-shrunk`, shrunk.recording) };
    this.shrunk = kept;
    this.write({ shrunk: kept });
    return kept;
  }

  private keep(name: string, recording: string | null): string | null {
    if (recording === null) return null;
    const path = join(this.folder, `${name}.recording`);
    writeFileSync(path, recording);
    return path;
  }

  private write(line: Line): void {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}
