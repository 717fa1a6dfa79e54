/** What xend is to do, as /etc/xen/xend-config.sxp says: a line `(NAME VALUE)` each, `#` begins a comment. */
import { readFile } from 'programs/lib/io';

const FILE: string = '/etc/xen/xend-config.sxp';

/** A value, without its quotes. */
export function xendSetting(name: string, usual: string): string {
  const text = readFile(FILE);
  const lines = (text == null ? '' : text).split('\n');
  for (let n = lines.length - 1; n >= 0; n--) {
    const line = lines[n].trim();
    if (!line.startsWith('(' + name + ' ') || !line.endsWith(')')) continue;
    return line
      .substring(name.length + 2, line.length - 1)
      .trim()
      .replaceAll("'", '')
      .replaceAll('"', '');
  }
  return usual;
}
