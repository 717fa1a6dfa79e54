/** A domain's nodes in the store: what the toolstack writes when it makes one, with the permissions that Xen's own gives. */
import { EAGAIN } from 'xen';
import * as store from 'programs/lib/store';
import { removeDevices } from './device-nodes';

export class Described {
  domid: u32 = 0;
  uuid: string = '';
  name: string = '';
  kernel: string = '';
  ramdisk: string = '';
  commandLine: string = '';
  memoryKib: u64 = 0;
  maxMemoryKib: u64 = 0;
  vcpus: u32 = 1;
  startTime: string = '';
  storeMfn: u64 = 0;
  storePort: u32 = 0;
  consoleMfn: u64 = 0;
  consolePort: u32 = 0;
}

/** Where a domain's own nodes are. */
export function pathOf(domid: u32): string {
  return '/local/domain/' + domid.toString();
}

function backendOf(domid: u32): string {
  return '/local/domain/0/backend/console/' + domid.toString();
}

/** Writes the nodes of a new domain, all at once, but those of its rings. 0, or a negative errno. */
export function describe(domain: Described): i32 {
  let failed = 0;
  do {
    failed = store.begin();
    if (failed < 0) return failed;
    failed = writeAll(domain);
    const ended = store.end(failed == 0);
    if (failed == 0) failed = ended;
  } while (failed == -EAGAIN);
  return failed;
}

let failure: i32 = 0;

function put(path: string, value: string): void {
  if (failure == 0) failure = store.writeNode(path, value);
}

/** A node whose permissions are these; what is made below it inherits them. */
function permit(path: string, permissions: string[]): void {
  if (failure == 0) failure = store.makeNode(path);
  if (failure == 0) failure = store.setPermissions(path, permissions);
}

function writeAll(domain: Described): i32 {
  failure = 0;
  const id = domain.domid.toString();
  const path = pathOf(domain.domid);
  const vm = '/vm/' + domain.uuid;
  const readable = ['n0', 'r' + id];
  const own = ['n' + id];
  permit(path, readable);
  permit(vm, readable);
  put(path + '/vm', vm);
  put(path + '/name', domain.name);
  for (let vcpu: u32 = 0; vcpu < domain.vcpus; vcpu++)
    put(path + '/cpu/' + vcpu.toString() + '/availability', 'online');
  put(path + '/memory/static-max', domain.maxMemoryKib.toString());
  put(path + '/memory/target', domain.memoryKib.toString());
  put(path + '/memory/videoram', '0');
  permit(path + '/device', readable);
  permit(path + '/device/suspend/event-channel', own);
  permit(path + '/control', readable);
  permit(path + '/control/shutdown', own);
  permit(path + '/control/feature-poweroff', own);
  permit(path + '/control/feature-reboot', own);
  permit(path + '/control/feature-suspend', own);
  permit(path + '/control/sysrq', own);
  put(path + '/control/platform-feature-multiprocessor-suspend', '1');
  put(path + '/control/platform-feature-xs_reset_watches', '1');
  const data: string[] = ['data', 'drivers', 'feature', 'attr', 'error'];
  for (let n = 0; n < data.length; n++) permit(path + '/' + data[n], own);
  put(path + '/domid', id);
  put(path + '/store/port', domain.storePort.toString());
  writeConsole(domain, path);
  put(vm + '/name', domain.name);
  put(vm + '/uuid', domain.uuid);
  put(vm + '/image/ostype', 'linux');
  put(vm + '/image/kernel', domain.kernel);
  put(vm + '/image/ramdisk', domain.ramdisk);
  put(vm + '/image/cmdline', domain.commandLine);
  put(vm + '/start_time', domain.startTime);
  return failure;
}

function writeConsole(domain: Described, path: string): void {
  const id = domain.domid.toString();
  const backend = backendOf(domain.domid) + '/0';
  permit(backend, ['n0', 'r' + id]);
  put(backend + '/frontend', path + '/console');
  put(backend + '/frontend-id', id);
  put(backend + '/online', '1');
  put(backend + '/state', '1');
  put(backend + '/protocol', 'vt100');
  put(path + '/console/backend', backend);
  permit(path + '/console/backend-id', ['n' + id, 'r0']);
  put(path + '/console/backend-id', '0');
  put(path + '/console/limit', '1048576');
  put(path + '/console/type', 'xenconsoled');
  put(path + '/console/output', 'pty');
  put(path + '/console/port', domain.consolePort.toString());
}

/** Writes where its rings are, which is known when it has its memory: before it is introduced. 0, or a negative errno. */
export function describeRings(domain: Described): i32 {
  failure = 0;
  const path = pathOf(domain.domid);
  put(path + '/store/ring-ref', domain.storeMfn.toString());
  put(path + '/console/ring-ref', domain.consoleMfn.toString());
  return failure;
}

/** Takes away all that there is of a domain. */
export function forget(domid: u32): void {
  removeDevices(domid);
  const vm = store.readNode(pathOf(domid) + '/vm');
  store.removeNode(pathOf(domid));
  if (vm.startsWith('/vm/') && !isUsed(vm)) store.removeNode(vm);
  store.removeNode(backendOf(domid));
}

/** Whether a domain has this for what is kept by UUID: one that has come from this very host has what it left. */
function isUsed(vm: string): bool {
  const domains = store.listNode('/local/domain');
  for (let n = 0; n < domains.length; n++)
    if (store.readNode('/local/domain/' + domains[n] + '/vm') == vm) return true;
  return false;
}
