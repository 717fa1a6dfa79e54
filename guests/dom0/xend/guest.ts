/** A domain that xend manages, and the acts that end, keep or renew it. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_setdomainhandle, xen_domctl_setdomainhandle } from 'xen';
import { CLOCK_REALTIME } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import { removeDevices } from 'dom0/lib/device-nodes';
import { awaitGone, Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { configPath, dropConfig, keepConfig, LAST_RESTART } from 'dom0/lib/managed';
import { forget, pathOf } from 'dom0/lib/nodes';
import { makeHandle, UUID_BYTES, uuidAt } from 'dom0/lib/uuid';
import { clock } from 'programs/lib/calls';
import { failure, readNode, removeNode, writeNode } from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { info, refuse } from './log';
import { run } from './run';

/** A domain that ends sooner after it was made anew is not made anew again. */
const MINIMUM_RESTART_US: i64 = 20_000_000;
const COMPLETED: string = '/xend/shutdown_completed';

export class Guest {
  /** What is to be done has been done. */
  isSettled: bool;
  readonly domid: u32;
  readonly uuid: string;

  constructor(domain: Domain) {
    this.domid = domain.id;
    this.uuid = domain.uuid;
    readNode(pathOf(this.domid) + COMPLETED);
    this.isSettled = failure == 0;
  }

  private get vm(): string {
    return '/vm/' + this.uuid;
  }

  destroy(): void {
    hyper.begin();
    hyper.domctl(XEN_DOMCTL_destroydomain, this.domid);
    forget(this.domid);
  }

  preserve(name: string): void {
    info('Preserving dead domain ' + name + ' (' + this.domid.toString() + ').');
    writeNode(pathOf(this.domid) + COMPLETED, 'True');
  }

  /** Makes it anew, with its name and UUID and a new id. `renames`: what is dead is kept, under another name and UUID. */
  restart(name: string, renames: bool): void {
    const now = <i64>(clock(CLOCK_REALTIME) / 1000);
    const last = readNode(this.vm + LAST_RESTART);
    const passed = failure == 0 ? now - microseconds(last) : MINIMUM_RESTART_US;
    if (passed < MINIMUM_RESTART_US) {
      refuse(
        'VM ' +
          name +
          ' restarting too fast (' +
          secondsText(passed) +
          ' seconds since the last restart).  Refusing to restart to avoid loops.',
      );
      this.destroy();
      return;
    }
    if (renames) this.giveUpName(name);
    else {
      this.destroy();
      // The new one wants its memory and its disks.
      awaitGone(this.domid);
    }
    const path = configPath(this.uuid);
    const config = new Config(path);
    const setting = config.read() ? config.find('name') : null;
    // It was renamed since.
    if (setting == null || setting.text != name) keepConfig(path, this.uuid, name);
    if (run(['xm', 'create', path]) == 0) writeNode(this.vm + LAST_RESTART, secondsText(now));
    else {
      refuse('Failed to restart domain ' + this.domid.toString() + '.');
      dropConfig(this.uuid);
    }
  }

  private giveUpName(name: string): void {
    const handle = new StaticArray<u8>(UUID_BYTES);
    makeHandle(handle);
    const uuid = uuidAt(changetype<usize>(handle));
    const other = 'Domain-' + uuid;
    const id = this.domid.toString();
    info(
      'Renaming dead domain ' + name + ' (' + id + ', ' + this.uuid + ') to ' + other + ' (' + uuid + ').',
    );
    hyper.begin();
    memory.copy(
      hyper.domctlPart() + xen_domctl_setdomainhandle.handle,
      changetype<usize>(handle),
      UUID_BYTES,
    );
    hyper.domctl(XEN_DOMCTL_setdomainhandle, this.domid);
    removeDevices(this.domid);
    removeNode(this.vm);
    writeNode('/vm/' + uuid + '/uuid', uuid);
    writeNode('/vm/' + uuid + '/name', other);
    writeNode(pathOf(this.domid) + '/vm', '/vm/' + uuid);
    writeNode(pathOf(this.domid) + '/name', other);
    this.preserve(other);
  }
}

/** Seconds with six places behind the point. */
function secondsText(us: i64): string {
  return (us / 1_000_000).toString() + '.' + (us % 1_000_000).toString().padStart(6, '0');
}

function microseconds(text: string): i64 {
  const parts = text.split('.');
  return parts.length == 2 ? number(parts[0]) * 1_000_000 + number(parts[1]) : 0;
}
