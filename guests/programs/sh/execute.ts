/** Becoming a program: where it is looked for, a script, and what is said where there is none. */
import { exec } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, complainOf, readFile } from 'programs/lib/io';
import * as jobs from './jobs';
import * as variables from './variables';

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** The shell's process becomes the program that words name; comes back with a status where there is none. */
export function execute(words: string[]): i32 {
  const name = words[0];
  if (name == 'kill') words = jobs.nameProcesses(words);
  const directories = name.includes('/') ? [''] : variables.get('PATH').split(':');
  let failed = -2;
  for (let n = 0; n < directories.length; n++) {
    const path = name.includes('/') ? name : directories[n] + '/' + name;
    const result = exec(path, words, variables.environment());
    if (result == -8) return runScript(path, words);
    if (result != -2) failed = result;
  }
  // A path's last name says as well what is meant.
  const known = failed == -2 ? elsewhere(name.substring(name.lastIndexOf('/') + 1)) : '';
  const why = known != '' ? known : failed == -2 && !name.includes('/') ? 'not found' : describe(failed);
  complain(name + ': ' + why);
  return failed == -2 ? NOT_FOUND : NOT_EXECUTABLE;
}

/** Of programs that manuals name and that are not here, where they are: lines of names, a colon, and what is said. */
const ELSEWHERE = '/etc/elsewhere';

/** Why there is no program of a name; empty: nobody knows. */
function elsewhere(name: string): string {
  const text = readFile(ELSEWHERE);
  const lines = text == null ? new Array<string>() : text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const colon = lines[n].indexOf(': ');
    if (colon > 0 && lines[n].substring(0, colon).split(' ').includes(name))
      return lines[n].substring(colon + 2);
  }
  return '';
}

/** What is no program is a script, unless it looks like neither. */
function runScript(path: string, words: string[]): i32 {
  const args = ['sh', path];
  for (let n = 1; n < words.length; n++) args.push(words[n]);
  const failed = exec('/bin/sh', args, variables.environment());
  return complainOf(path, failed);
}
