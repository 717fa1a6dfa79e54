/** Debian packages through the distribution's own client: resolved, downloaded, unpacked. Nothing is installed. */
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Why the packages cannot be had on this machine: not a fault of ours, so tests that need them are skipped. */
export class PackagesUnavailable extends Error {}

interface Failure {
  readonly code?: unknown;
  readonly stderr?: string;
}

/** What `obtain` gives; undefined, and the reason said on stderr, where this machine cannot have the packages. */
export async function orUnavailable<T>(what: string, obtain: () => Promise<T>): Promise<T | undefined> {
  try {
    return await obtain();
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    console.warn(`${what} are not available: ${error.message}`);
    return undefined;
  }
}

/** Of what a command that fails has said. */
const SAID_LINES = 5;
/** The tools of root are not on everybody's path. */
const TOOLS_OF_ROOT = '/usr/sbin:/sbin';

/** Runs a command: what it prints. One that is not there makes the packages unavailable; one that fails is an Error. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const PATH = `${process.env['PATH'] ?? ''}:${TOOLS_OF_ROOT}`;
  try {
    const { stdout } = await execute(command, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C', PATH, ...environment },
    });
    return stdout;
  } catch (error) {
    const { code, stderr } = error as Failure;
    if (code === 'ENOENT') throw new PackagesUnavailable(`this machine has no ${command}`);
    const said = (stderr ?? '').trim().split('\n').slice(-SAID_LINES).join('\n');
    throw new Error(`${basename(command)} ${args[0] ?? ''} failed: ${said}`, { cause: error });
  }
}

/** Asks the package client, which may have nobody to ask. */
async function apt(command: 'apt-cache' | 'apt-get', args: readonly string[], cwd: string): Promise<string> {
  try {
    return await run(command, args, cwd);
  } catch (error) {
    if (error instanceof PackagesUnavailable) throw error;
    throw new PackagesUnavailable((error as Error).message);
  }
}

/** The first package that `name` depends on: of Debian's `linux-image-amd64`, the kernel of the day. */
async function dependencyOf(name: string, cwd: string): Promise<string> {
  const list = await apt('apt-cache', ['depends', name], cwd);
  const dependency = /^\s*Depends: ([^\s<]+)$/m.exec(list)?.[1];
  if (dependency === undefined) throw new PackagesUnavailable(`the package lists know no ${name}`);
  return dependency;
}

/** Asks the package lists; where they are missing they are fetched first. */
async function withLists<T>(ask: () => Promise<T>, cwd: string): Promise<T> {
  await apt('apt-get', ['--version'], cwd);
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    await apt('apt-get', ['-qq', 'update'], cwd);
    return ask();
  }
}

/** As `dependencyOf`; where the package lists are missing they are fetched first. */
export async function resolveDependency(name: string, cwd: string): Promise<string> {
  return withLists(() => dependencyOf(name, cwd), cwd);
}

/** Where this machine's apt has a release of Debian and its updates from, as lines of a sources.list. */
export async function sourcesOf(codename: string, cwd: string): Promise<string[]> {
  const format = '$(ORIGIN) $(CODENAME) deb $(SITE) $(RELEASE) $(COMPONENT)';
  const wanted = new RegExp(`^Debian ${codename}(?:-updates|-security)? (deb \\S+ \\S+ main)$`);
  const ask = async (): Promise<string[]> => {
    const targets = await apt('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], cwd);
    const lines = targets.split('\n').flatMap((line) => wanted.exec(line)?.[1] ?? []);
    if (lines.length === 0) throw new PackagesUnavailable(`this machine's apt knows no Debian ${codename}`);
    return lines;
  };
  return withLists(ask, cwd);
}

/** Downloads a package and unpacks the files of it that match one of `patterns` (tar's wildcards); the tree's path. */
export async function unpack(name: string, patterns: readonly string[], cwd: string): Promise<string> {
  const directory = join(cwd, name);
  await mkdir(directory);
  await apt('apt-get', ['-qq', 'download', name], directory);
  const archive = (await readdir(directory)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new PackagesUnavailable(`apt-get downloaded no archive of ${name}`);
  const pipe = 'dpkg-deb --fsys-tarfile "$0" | tar -x --wildcards "$@"';
  await run('sh', ['-c', pipe, archive, ...patterns], directory);
  return directory;
}
