/** The names of domains, seen from outside: a write to /local/domain/N/name in the store says what domain N is called. */
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';

const NAME = /^\/local\/domain\/(\d+)\/name$/;

export class DomainNames implements TraceSink {
  /** By domain id; of those that are gone, too. */
  readonly names = new Map<number, string>([[0, 'Domain-0']]);

  /** All domains but the first are gone, and their ids are given again. */
  forget(): void {
    for (const id of this.names.keys()) if (id !== 0) this.names.delete(id);
  }

  event({ detail }: TraceEvent): void {
    if (detail.kind !== 'xenstore' || detail.way !== 'request' || detail.message !== 'WRITE') return;
    const match = NAME.exec(detail.path);
    if (match !== null && detail.domain === 0) this.names.set(Number(match[1]), detail.text);
  }

  end(): void {
    // A message is no span.
  }
}
