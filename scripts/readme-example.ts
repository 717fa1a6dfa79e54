/** The README's examples of tests, as they stand there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const README = join(fileURLToPath(new URL('..', import.meta.url)), 'README.md');
const HEADING = '## A CI test in twenty lines\n';

/** The first example in a language (`ts`, `js`) behind the heading. Throws an Error where the README has none. */
export function readmeExample(language: string): string {
  const readme = readFileSync(README, 'utf8');
  const section = readme.slice(readme.indexOf(HEADING) + HEADING.length).split('\n## ')[0]!;
  const example = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(section)?.[1];
  if (!readme.includes(HEADING) || example === undefined)
    throw new Error(`the README has no example in ${language} behind its heading "${HEADING.trim()}"`);
  return example;
}
