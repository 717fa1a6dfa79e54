/** /proc/net/bridge: a line for a bridge, with the frames that it loses on purpose; then one for each of its ports. */
import { put, putByte, putBytes, putField } from '../fs/proc-files';
import { BridgePort, hostBridge } from './bridge';

export function bridges(pid: i32): void {
  const bridge = hostBridge();
  if (bridge == null) return;
  put(bridge.name);
  put(' loss');
  putField(bridge.losses.perMille);
  put(' lost');
  putField(bridge.losses.count);
  putByte(10);
  for (let port: BridgePort | null = bridge.first; port != null; port = port!.next) {
    put(bridge.name);
    put(' port ');
    putBytes(port.name);
    putByte(10);
  }
}
