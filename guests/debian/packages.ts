/** Debian packages through the distribution's own client: resolved, downloaded, unpacked. Nothing is installed. */
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Why the packages cannot be had on this machine: not a fault of ours, so tests that need them are skipped. */
export class PackagesUnavailable extends Error {}

interface Failure {
  readonly code?: unknown;
  readonly stderr?: string;
}

/** Runs a command; a command that is not there or fails makes the packages unavailable. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd, env: { ...process.env, LC_ALL: 'C' } });
    return stdout;
  } catch (error) {
    const { code, stderr } = error as Failure;
    if (code === 'ENOENT') throw new PackagesUnavailable(`this machine has no ${command}`);
    const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
    throw new PackagesUnavailable(`${command} ${args.join(' ')} failed: ${said}`);
  }
}

/** The first package that `name` depends on: of Debian's `linux-image-amd64`, the kernel of the day. */
async function dependencyOf(name: string, cwd: string): Promise<string> {
  const list = await run('apt-cache', ['depends', name], cwd);
  const dependency = /^\s*Depends: ([^\s<]+)$/m.exec(list)?.[1];
  if (dependency === undefined) throw new PackagesUnavailable(`the package lists know no ${name}`);
  return dependency;
}

/** As `dependencyOf`; where the package lists are missing they are fetched first. */
export async function resolveDependency(name: string, cwd: string): Promise<string> {
  await run('apt-get', ['--version'], cwd);
  try {
    return await dependencyOf(name, cwd);
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    await run('apt-get', ['-qq', 'update'], cwd);
    return dependencyOf(name, cwd);
  }
}

/** Downloads a package and unpacks the files of it that match one of `patterns` (tar's wildcards); the tree's path. */
export async function unpack(name: string, patterns: readonly string[], cwd: string): Promise<string> {
  const directory = join(cwd, name);
  await mkdir(directory);
  await run('apt-get', ['-qq', 'download', name], directory);
  const archive = (await readdir(directory)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new PackagesUnavailable(`apt-get downloaded no archive of ${name}`);
  const pipe = 'dpkg-deb --fsys-tarfile "$0" | tar -x --wildcards "$@"';
  await run('sh', ['-c', pipe, archive, ...patterns], directory);
  return directory;
}
