/** /proc/net/bridge: a line for a bridge, with the frames that it loses on purpose; then one for each of its ports. */
import { put, putByte, putField } from '../fs/proc-files';
import { Bridge, BridgePort } from './bridge';
import { Interface, interfaces } from './interface';

export function bridges(pid: i32): void {
  for (let each: Interface | null = interfaces(); each != null; each = each!.next)
    if (each instanceof Bridge) tell(<Bridge>each);
}

function tell(bridge: Bridge): void {
  put(bridge.name);
  put(' loss');
  putField(bridge.losses.perMille);
  put(' lost');
  putField(bridge.losses.count);
  putByte(10);
  for (let port: BridgePort | null = bridge.first; port != null; port = port!.nextPort) {
    put(bridge.name);
    put(' port ');
    put(port.name);
    putByte(10);
  }
}
