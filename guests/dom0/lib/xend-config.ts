/** What xend is to do, as /etc/xen/xend-config.sxp says: `(NAME VALUE)` each. */
import { readFile } from 'programs/lib/io';
import { parseSxp, sxpProblem } from './sxp';

const FILE: string = '/etc/xen/xend-config.sxp';

/** The settings that are there. */
const KNOWN: string[] = [
  'dom0-min-mem',
  'logfile',
  'loglevel',
  'network-script',
  'vif-script',
  'xend-address',
  'xend-http-server',
  'xend-port',
  'xend-relocation-address',
  'xend-relocation-hosts-allow',
  'xend-relocation-port',
  'xend-relocation-server',
  'xend-tcp-xmlrpc-server',
  'xend-tcp-xmlrpc-server-address',
  'xend-tcp-xmlrpc-server-port',
];

/** A value, without its quotes; the last one of several holds. */
export function xendSetting(name: string, usual: string): string {
  const text = readFile(FILE);
  const all = parseSxp(text == null ? '' : text);
  for (let n = all.length - 1; n >= 0; n--) if (all[n].name == name) return all[n].value;
  return usual;
}

/** Whether a setting says yes. */
export function isXendSet(name: string): bool {
  const value = xendSetting(name, 'no');
  return value == 'yes' || value == 'true' || value == '1' || value == 'on';
}

/** What in the file means nothing here, a line each. */
export function xendConfigProblems(): string[] {
  const text = readFile(FILE);
  const all = parseSxp(text == null ? '' : text);
  const found: string[] = [];
  if (text == null) found.push(FILE + ': it cannot be read');
  else if (sxpProblem != '') found.push(FILE + ': ' + sxpProblem);
  for (let n = 0; n < all.length; n++)
    if (!KNOWN.includes(all[n].name))
      found.push(
        FILE +
          ': ' +
          (all[n].name == '' ? all[n].text : all[n].name) +
          ': there is no such setting: it does nothing',
      );
  return found;
}
