/**
 * A device in the store: a directory for its backend and one for its frontend, each naming the other, with the permissions
 * that Xen's own toolstack gives. Whoever has made them waits until the backend says that it has what it needs
 * (`hotplug-status`), and takes them away only when the backend has closed.
 */
import { EAGAIN } from 'xen';
import { XenbusStateClosed, XenbusStateClosing, XenbusStateInitialising, XenbusStateInitWait } from 'xen';
import { sleepNs } from 'programs/lib/calls';
import { number } from 'programs/lib/text';
import * as store from 'programs/lib/store';
import { Disk, Vif } from './devices';
import { callScript, errorOf } from './hotplug';

const BACKENDS = '/local/domain/0/backend/';
/** Of disks that the kernel serves as they are; it has nothing to do here. */
const USUAL_SCRIPT = '/etc/xen/scripts/block';
/** Between two looks at a node, and how often one looks at most: ten seconds. */
const LOOK_NS: u64 = 5_000_000;
const MAX_LOOKS: i32 = 2000;

let failed: i32 = 0;
let backend: string = '';
let frontend: string = '';

function put(path: string, value: string): void {
  if (failed == 0) failed = store.writeNode(path, value);
}

function permit(path: string, permissions: string[]): void {
  if (failed == 0) failed = store.makeNode(path);
  if (failed == 0) failed = store.setPermissions(path, permissions);
}

/** Writes what all devices have, each directory readable to the other side. */
function begin(domid: u32, kind: string, handle: string): void {
  const id = domid.toString();
  backend = BACKENDS + kind + '/' + id + '/' + handle;
  frontend = '/local/domain/' + id + '/device/' + kind + '/' + handle;
  failed = 0;
  permit(backend, ['n0', 'r' + id]);
  permit(frontend, ['n' + id, 'r0']);
  put(backend + '/frontend', frontend);
  put(backend + '/frontend-id', id);
  put(backend + '/online', '1');
  put(frontend + '/backend', backend);
  put(frontend + '/backend-id', '0');
  put(frontend + '/state', XenbusStateInitialising.toString());
  put(frontend + '/trusted', '1');
}

/** `waits`: a script is to see to it first. */
function finish(waits: bool): i32 {
  // The last: from then on the backend looks at it.
  if (!waits) put(backend + '/state', XenbusStateInitialising.toString());
  const ended = store.end(failed == 0);
  return failed < 0 ? failed : ended;
}

/** 0, or a negative errno. */
export function writeDisk(domid: u32, disk: Disk, isFirst: bool): i32 {
  let result = 0;
  do {
    result = store.begin();
    if (result < 0) return result;
    begin(domid, 'vbd', disk.number.toString());
    put(frontend + '/virtual-device', disk.number.toString());
    put(frontend + '/device-type', 'disk');
    put(backend + '/params', disk.path);
    put(backend + '/script', disk.script == '' ? USUAL_SCRIPT : disk.script);
    put(backend + '/removable', '0');
    put(backend + '/bootable', isFirst ? '1' : '0');
    put(backend + '/dev', disk.device);
    put(backend + '/type', disk.type);
    put(backend + '/mode', disk.isForced ? 'w!' : disk.writable ? 'w' : 'r');
    put(backend + '/device-type', 'disk');
    put(backend + '/discard-enable', '1');
    put(backend + '/specification', 'xen');
    result = finish(disk.script != '');
  } while (result == -EAGAIN);
  return result;
}

/** Has the script of a disk see to it, where it has one, and waits for its backend. Empty, or what is wrong. */
export function connectDisk(domid: u32, disk: Disk): string {
  const number = disk.number.toString();
  if (disk.script != '') {
    const problem = callScript(domid, 'vbd', number, 'add');
    if (problem != '') return problem;
    const path = BACKENDS + 'vbd/' + domid.toString() + '/' + number;
    store.writeNode(path + '/state', XenbusStateInitialising.toString());
  }
  return awaitBackend(domid, 'vbd', number);
}

/** 0, or a negative errno. */
export function writeVif(domid: u32, vif: Vif, handle: i32): i32 {
  let result = 0;
  do {
    result = store.begin();
    if (result < 0) return result;
    begin(domid, 'vif', handle.toString());
    put(frontend + '/handle', handle.toString());
    put(frontend + '/mac', vif.mac);
    permit(frontend + '/mtu', ['n0', 'r' + domid.toString()]);
    put(frontend + '/mtu', '1500');
    put(backend + '/script', vif.script);
    put(backend + '/mac', vif.mac);
    if (vif.bridge != '') put(backend + '/bridge', vif.bridge);
    if (vif.ip != '') put(backend + '/ip', vif.ip);
    if (vif.vifname != '') put(backend + '/vifname', vif.vifname);
    if (vif.rate != '') put(backend + '/rate', vif.rate);
    put(backend + '/handle', handle.toString());
    put(backend + '/type', 'vif');
    put(backend + '/hotplug-status', '');
    result = finish(false);
  } while (result == -EAGAIN);
  return result;
}

/** Waits until a backend has what it needs: empty, or what it says is wrong. */
export function awaitBackend(domid: u32, kind: string, handle: string): string {
  const path = BACKENDS + kind + '/' + domid.toString() + '/' + handle;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const status = store.readNode(path + '/hotplug-status');
    if (status == 'connected') return '';
    if (status == 'error') return errorOf(path);
    sleepNs(LOOK_NS);
  }
  return 'its backend does not answer';
}

/** Waits until the interface of a card is there, and has its script see to it. Empty, or what is wrong. */
export function bringOnline(domid: u32, handle: string): string {
  const path = BACKENDS + 'vif/' + domid.toString() + '/' + handle;
  let state: i64 = 0;
  for (let look = 0; look < MAX_LOOKS && state < XenbusStateInitWait; look++) {
    state = number(store.readNode(path + '/state'));
    if (store.failure < 0) return 'it was taken away';
    if (state < XenbusStateInitWait) sleepNs(LOOK_NS);
  }
  if (state < XenbusStateInitWait) return 'its backend does not answer';
  const wrong = errorOf(path);
  const problem = wrong != '' ? wrong : callScript(domid, 'vif', handle, 'online');
  return problem != '' ? problem : awaitBackend(domid, 'vif', handle);
}

const KINDS: string[] = ['vbd', 'vif'];

/** Takes away the devices of a domain that is gone: backends close first. */
export function removeDevices(domid: u32): void {
  const id = domid.toString();
  for (let k = 0; k < KINDS.length; k++) {
    const kind = BACKENDS + KINDS[k] + '/' + id;
    const handles = store.listNode(kind);
    if (store.failure < 0) continue;
    for (let n = 0; n < handles.length; n++) {
      const path = kind + '/' + handles[n];
      // Without its frontend's nodes, a backend knows that nobody will close.
      store.removeNode('/local/domain/' + id + '/device/' + KINDS[k] + '/' + handles[n]);
      store.writeNode(path + '/online', '0');
      store.writeNode(path + '/state', XenbusStateClosing.toString());
    }
    for (let n = 0; n < handles.length; n++) {
      awaitClosed(kind + '/' + handles[n]);
      tellScript(domid, KINDS[k], handles[n]);
    }
    store.removeNode(kind);
  }
}

/** The script of a device hears that it is gone. Disks that the kernel serves as they are have none. */
function tellScript(domid: u32, kind: string, handle: string): void {
  if (kind == 'vif') callScript(domid, kind, handle, 'offline');
  else if (
    store.readNode(BACKENDS + kind + '/' + domid.toString() + '/' + handle + '/script') != USUAL_SCRIPT
  )
    callScript(domid, kind, handle, 'remove');
}

/** Whether a backend has closed: it has some time for that. */
function awaitClosed(path: string): bool {
  const closed = XenbusStateClosed.toString();
  for (let look = 0; look < MAX_LOOKS; look++) {
    const state = store.readNode(path + '/state');
    if (store.failure < 0 || state == closed) return true;
    sleepNs(LOOK_NS);
  }
  return false;
}

/** How far the backend of a device is; empty: there is no such device. */
export function stateOf(domid: u32, kind: string, handle: string): string {
  const state = store.readNode(BACKENDS + kind + '/' + domid.toString() + '/' + handle + '/state');
  return store.failure < 0 ? '' : state;
}

/** Has a backend close, as the frontend then does, unless it is in use; both are forgotten. False: they do not close. */
export function closeDevice(domid: u32, kind: string, handle: string): bool {
  const path = BACKENDS + kind + '/' + domid.toString() + '/' + handle;
  const isClosed = stateOf(domid, kind, handle) == XenbusStateClosed.toString();
  if (!isClosed) {
    // Before the state, which is what is looked at.
    store.writeNode(path + '/online', '0');
    store.writeNode(path + '/state', XenbusStateClosing.toString());
  }
  if (!isClosed && !awaitClosed(path)) return false;
  dropDevice(domid, kind, handle);
  return true;
}

/** Takes away a device, whoever uses it. */
export function dropDevice(domid: u32, kind: string, handle: string): void {
  const id = domid.toString();
  tellScript(domid, kind, handle);
  store.removeNode(BACKENDS + kind + '/' + id + '/' + handle);
  store.removeNode('/local/domain/' + id + '/device/' + kind + '/' + handle);
}
