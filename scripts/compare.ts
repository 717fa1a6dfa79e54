/**
 * `npm run compare [-- modules|debian|isolation...]`: paravirtualization beside no hypervisor and full emulation, with the same work, on
 * this machine: what it costs in time and memory, how long a start takes, and which faults spread. What cannot be measured here (no apt, no
 * QEMU) is left out.
 */
import { compareDebian } from './compare/debian.ts';
import { compareIsolation } from './compare/isolation.ts';
import { compareModules } from './compare/modules.ts';

const PARTS = { modules: compareModules, debian: compareDebian, isolation: compareIsolation } as const;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const wanted = process.argv.slice(2);
const wrong = wanted.find((name) => !Object.hasOwn(PARTS, name));
if (wrong !== undefined) {
  process.stderr.write(`compare: there is no part ${wrong}: modules, debian, isolation\n`);
  process.exitCode = 2;
} else
  for (const [name, part] of Object.entries(PARTS))
    if (wanted.length === 0 || wanted.includes(name)) await part(say);
