/**
 * console_io(command, count, buffer): Xen's own console. CONSOLEIO_write: domain 0 writes as it likes; what others write comes
 * out in whole lines with a mark of whose they are, as a Xen built for debugging lets every domain do. CONSOLEIO_read: what
 * was typed, for domain 0; gives how many bytes. -EPERM for anyone else, -EFAULT, -EINVAL, -E2BIG, -ENOSYS.
 */
import { E2BIG, EFAULT, EINVAL, ENOSYS, EPERM } from '../abi/errno.ts';
import { CONSOLEIO_read, CONSOLEIO_write, HYPERVISOR_console_io } from '../abi/xen.ts';
import { readConsole } from '../debug-keys/input.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Bytes copied at a time, and the longest line kept. */
const CHUNK = 128;
const MAX_LINE = 1024;
const chunk = new Uint8Array(CHUNK);

export const consoleIo: Hypercall = {
  number: HYPERVISOR_console_io,
  name: 'console_io',
  args: [
    { name: 'command', kind: 'command', commands: { 0: 'CONSOLEIO_write', 1: 'CONSOLEIO_read' } },
    { name: 'count', kind: 'int' },
    { name: 'buffer', kind: 'va' },
  ],
  handler(context, command, count, buffer) {
    if (count < 0 || count > 0x7fffffff) return context.domain.isPrivileged ? -E2BIG : -EINVAL;
    if (command === CONSOLEIO_read) return read(context, count, buffer);
    if (command !== CONSOLEIO_write) return -ENOSYS;
    for (let done = 0; done < count; done += CHUNK) {
      if (done > 0 && context.preemptCheck())
        return context.continueWith(command, count - done, buffer + done);
      const bytes = chunk.subarray(0, Math.min(CHUNK, count - done));
      if (!context.readBytes(buffer + done, bytes))
        return context.mustWait ? context.continueWith(command, count - done, buffer + done) : -EFAULT;
      if (context.domain.isPrivileged) write(context, bytes);
      else for (const byte of bytes) putCharacter(context.hypervisor, context.domain, byte);
    }
    return 0;
  },
};

/** As it is: it is the hardware domain's own console. What ends lines is told of. */
function write({ hypervisor, domain }: HypercallContext, bytes: Uint8Array): void {
  hypervisor.console.write(bytes);
  const { trace } = hypervisor;
  if (!trace.on || !bytes.includes(LINE_FEED)) return;
  const text = String.fromCharCode(...bytes.filter((byte) => byte !== CARRIAGE_RETURN)).replace(/\n$/, '');
  trace.emit({ kind: 'console', domain: domain.id, text });
}

function read(context: HypercallContext, count: number, buffer: number): number {
  if (!context.domain.isPrivileged) return -EPERM;
  const bytes = readConsole(context.hypervisor, count);
  return context.writeBytes(buffer, bytes) ? bytes.length : -EFAULT;
}

function putCharacter(hypervisor: Hypervisor, domain: Domain, byte: number): void {
  if (byte === LINE_FEED || domain.consoleLine.length >= MAX_LINE) {
    const text = domain.consoleLine;
    domain.consoleLine = '';
    hypervisor.console.print(`(d${String(domain.id)}) ${text}`);
    if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'console', domain: domain.id, text });
  }
  if (byte >= 32 || byte === 9) domain.consoleLine += String.fromCharCode(byte);
}
