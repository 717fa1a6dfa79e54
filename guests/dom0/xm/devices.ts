/** xm block-list, network-list: a domain's devices, as the store has them; --long: all that it has of them, as xend told it. */
import { Domain } from 'dom0/lib/domains';
import { devicesOf } from 'dom0/lib/kept-devices';
import { pathOf } from 'dom0/lib/nodes';
import { print } from 'programs/lib/io';
import { failure, listNode, readNode } from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';
import { domainOf } from './arguments';
import { isSet, misused } from './switches';

/** A node of a device's, or where the frontend has none, of its backend's; -1 where it is no number. */
function value(frontend: string, name: string): string {
  const text = readNode(frontend + '/' + name);
  const found = failure < 0 ? -1 : number(text);
  return failure < 0 || bad ? '-1' : found.toString();
}

/** A backend's path ends a row: it is padded like the others. */
const PATH_COLUMNS: i32 = 30;

function backendOf(frontend: string): string {
  const path = readNode(frontend + '/backend');
  return (failure < 0 ? '' : path).padEnd(PATH_COLUMNS);
}

function tellAll(domain: Domain, kind: string): i32 {
  const devices = devicesOf(domain, kind);
  for (let n = 0; n < devices.length; n++) {
    const path = pathOf(domain.id) + '/device/' + kind + '/' + devices[n];
    const names = listNode(path);
    let before = '(' + devices[n] + '\n  (';
    for (let at = 0; at < names.length; at++) {
      print(before + '(' + names[at] + ' ' + readNode(path + '/' + names[at]) + ')\n');
      before = '    ';
    }
    print('  )\n)\n');
  }
  return 0;
}

export function blockList(args: string[]): i32 {
  if (args.length != 1) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  if (isSet('long')) return tellAll(domain, 'vbd');
  print('Vdev  BE  handle state evt-ch ring-ref ' + 'BE-path'.padEnd(PATH_COLUMNS) + '\n');
  const devices = devicesOf(domain, 'vbd');
  for (let n = 0; n < devices.length; n++) {
    const path = pathOf(domain.id) + '/device/vbd/' + devices[n];
    print(
      devices[n].padEnd(5) +
        ' ' +
        value(path, 'backend-id').padEnd(3) +
        ' ' +
        // The real tool shows the frontend's domain here.
        domain.id.toString().padEnd(6) +
        ' ' +
        value(path, 'state').padEnd(5) +
        ' ' +
        value(path, 'event-channel').padEnd(6) +
        ' ' +
        value(path, 'ring-ref').padEnd(8) +
        ' ' +
        backendOf(path) +
        '\n',
    );
  }
  return 0;
}

export function networkList(args: string[]): i32 {
  if (args.length != 1) return misused();
  const domain = domainOf(args[0]);
  if (domain == null) return 1;
  if (isSet('long')) return tellAll(domain, 'vif');
  print(
    'Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref ' + 'BE-path'.padEnd(PATH_COLUMNS) + '\n',
  );
  const devices = devicesOf(domain, 'vif');
  for (let n = 0; n < devices.length; n++) {
    const path = pathOf(domain.id) + '/device/vif/' + devices[n];
    const mac = readNode(path + '/mac');
    print(
      devices[n].padEnd(3) +
        ' ' +
        value(path, 'backend-id').padEnd(2) +
        ' ' +
        mac.padEnd(17) +
        ' ' +
        value(path, 'handle').padStart(5) +
        ' ' +
        value(path, 'state').padStart(5) +
        ' ' +
        // Where transmitting and receiving have one each, neither is it.
        value(path, 'event-channel').padStart(6) +
        ' ' +
        value(path, 'tx-ring-ref').padStart(5) +
        '/' +
        value(path, 'rx-ring-ref').padEnd(11) +
        ' ' +
        backendOf(path) +
        '\n',
    );
  }
  return 0;
}
