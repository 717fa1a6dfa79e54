/** A kernel's command line, of what a configuration says: `ip`, `root`, `nfs_root`, `extra` and what belongs to them. */
import { Config } from 'dom0/lib/config';

/** What Linux wants of a server of its root that there is none of. */
const NO_SERVER: string = '127.0.255.255';

/** Null: `config.problem`. */
export function commandLineOf(config: Config): string | null {
  const parts: string[] = [];
  const ip = config.textOf('ip');
  const dhcp = config.textOf('dhcp', 'off');
  const server = config.textOf('nfs_server');
  if (ip != '' || dhcp != 'off') {
    const fields: string[] = [
      ip,
      server == '' ? NO_SERVER : server,
      config.textOf('gateway'),
      config.textOf('netmask'),
      config.textOf('hostname'),
      config.textOf('interface', 'eth0'),
      dhcp,
    ];
    parts.push('ip=' + fields.join(':'));
  }
  const root = config.textOf('root');
  if (root != '') parts.push('root=' + root);
  const nfsRoot = config.find('nfs_root');
  if (nfsRoot != null && nfsRoot.text != '') {
    if (server == '') {
      config.complain(nfsRoot, 'it wants nfs_server, too');
      return null;
    }
    parts.push('nfsroot=' + server + ':' + nfsRoot.text);
  }
  const extra = config.textOf('extra');
  if (extra != '') parts.push(extra);
  return parts.join(' ');
}
