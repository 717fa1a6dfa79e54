/** A kernel's command line, of what a configuration says: `ip`, `root`, `nfs_root`, `extra` and what belongs to them. */
import { Config } from 'dom0/lib/config';

/** What Linux wants of a server of its root that there is none of. */
const NO_SERVER: string = '127.0.255.255';

function textOf(config: Config, name: string, usual: string): string {
  const setting = config.find(name);
  return setting == null ? usual : setting.text;
}

/** Null: `config.problem`. */
export function commandLineOf(config: Config): string | null {
  const parts: string[] = [];
  const ip = textOf(config, 'ip', '');
  const dhcp = textOf(config, 'dhcp', 'off');
  const server = textOf(config, 'nfs_server', '');
  if (ip != '' || dhcp != 'off') {
    const fields: string[] = [
      ip,
      server == '' ? NO_SERVER : server,
      textOf(config, 'gateway', ''),
      textOf(config, 'netmask', ''),
      textOf(config, 'hostname', ''),
      textOf(config, 'interface', 'eth0'),
      dhcp,
    ];
    parts.push('ip=' + fields.join(':'));
  }
  const root = textOf(config, 'root', '');
  if (root != '') parts.push('root=' + root);
  const nfsRoot = config.find('nfs_root');
  if (nfsRoot != null && nfsRoot.text != '') {
    if (server == '') {
      config.complain(nfsRoot, 'it wants nfs_server, too');
      return null;
    }
    parts.push('nfsroot=' + server + ':' + nfsRoot.text);
  }
  const extra = textOf(config, 'extra', '');
  if (extra != '') parts.push(extra);
  return parts.join(' ');
}
