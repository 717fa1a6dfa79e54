/** What Tab completes: names of builtins and programs where a command stands, of files elsewhere. */
import { readDirectory } from 'programs/lib/calls';
import { NAMES } from './builtins';
import * as variables from './variables';

/** All that a word may become. */
export function candidates(word: string, isCommand: bool): string[] {
  const slash = word.lastIndexOf('/');
  const found: string[] = [];
  if (isCommand && slash < 0) {
    addFitting(NAMES, '', word, found);
    const directories = variables.get('PATH').split(':');
    for (let n = 0; n < directories.length; n++) {
      const names = readDirectory(directories[n]);
      if (names != null) addFitting(names, '', word, found);
    }
    return found;
  }
  const directory = word.substring(0, slash + 1);
  const names = readDirectory(directory == '' ? '.' : directory);
  if (names != null) addFitting(names, directory, word, found);
  return found;
}

/** How far all of them agree; there is one at least. */
export function commonStart(found: string[]): string {
  let common = found[0];
  for (let n = 1; n < found.length; n++)
    while (!found[n].startsWith(common)) common = common.substring(0, common.length - 1);
  return common;
}

function addFitting(names: string[], prefix: string, word: string, found: string[]): void {
  for (let n = 0; n < names.length; n++) {
    const name = prefix + names[n];
    if (name.startsWith(word) && !found.includes(name)) found.push(name);
  }
}
