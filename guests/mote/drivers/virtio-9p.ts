/**
 * A virtio 9P transport (virtio 1.2, section 5.10): one queue, and a message with room for its answer is a chain. Who asks
 * sleeps until the answer is there.
 */
import { alloc } from 'kernel/memory/heap';
import { in16, in8 } from 'kernel/pci/ports';
import { VirtioDriver } from 'kernel/pci/virtio';
import { QUEUE_SIZE, Virtqueue } from 'kernel/pci/virtqueue';
import { WaitQueue } from 'kernel/threads/wait';
import { Message, MESSAGE_PAGES } from '../fs/9p/message';
import { MAX_PAYLOAD, Transport } from '../fs/9p/transport';
import { PAGE_SIZE } from 'kernel/memory/pages';

const MOUNT_TAG: u32 = 1 << 0;
/** The configuration: tag_len, tag. */
const TAG: u32 = 2;
/** A message, and data of any place in a page. */
const MAX_DESCRIPTORS: u32 = MESSAGE_PAGES + 1 + <u32>(MAX_PAYLOAD / PAGE_SIZE) + 1;

class ChannelDriver extends VirtioDriver {
  queue: Virtqueue = new Virtqueue();
  private done: WaitQueue = new WaitQueue();
  /** By token: the message that is under way. */
  private messages: StaticArray<Message | null> = new StaticArray<Message | null>(QUEUE_SIZE);

  protected get wanted(): u32 {
    return MOUNT_TAG;
  }
  protected makeQueues(): void {
    this.addQueue(0, this.queue);
  }

  protected served(): void {
    for (let token = this.queue.take(); token >= 0; token = this.queue.take()) {
      const message = this.messages[token];
      if (message != null) message.answered = this.queue.written;
      this.messages[token] = null;
    }
    this.done.wake();
  }

  exchange(message: Message): void {
    while (this.queue.free < MAX_DESCRIPTORS) this.done.sleep();
    const queue = this.queue;
    queue.add(message.request, message.length, false);
    if (message.sends) queue.add(message.data, message.dataBytes, false);
    queue.add(message.reply, message.replyBytes, true);
    if (!message.sends) queue.add(message.data, message.dataBytes, true);
    const token = queue.offer();
    this.messages[token] = message;
    this.notify(queue);
    while (this.messages[token] == message) this.done.sleep();
  }
}

export class VirtioChannel extends Transport {
  private driver: ChannelDriver;

  private constructor(driver: ChannelDriver) {
    super();
    this.driver = driver;
    this.tagLength = <i32>in16(driver.config);
    this.tag = alloc(this.tagLength);
    for (let index = 0; index < this.tagLength; index++)
      store<u8>(this.tag + index, <u8>in8(driver.config + TAG + index));
  }

  /** The transport in a slot; null: it does not come up. */
  static open(slot: u32): VirtioChannel | null {
    const driver = new ChannelDriver(slot);
    return driver.start() ? new VirtioChannel(driver) : null;
  }

  exchange(message: Message): void {
    this.driver.exchange(message);
  }
}
