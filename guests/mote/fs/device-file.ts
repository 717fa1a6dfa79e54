/** What the open files of devices have in common. */
import { File } from './file';
import { Vnode } from './vnode';

/** A device's open file, which also tells its node. */
export abstract class DeviceFile extends File {
  private vnode: Vnode;

  constructor(vnode: Vnode, flags: i32) {
    super(flags);
    this.vnode = vnode;
  }
  node(): Vnode | null {
    return this.vnode;
  }
  protected close(): void {
    this.vnode.put();
  }
}
