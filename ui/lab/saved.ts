/**
 * What of this room is state (devices/saved.ts): of a lab, what conditions on its console's text are asked of, and what it
 * knows of its host from having watched it.
 */
import type { SavedClasses } from '../../devices/saved.ts';
import { ConsoleText } from './console-text.ts';
import { DomainConsoles } from './domain-consoles.ts';
import { DomainNames } from './domain-names.ts';
import { Facts } from './lessons/facts.ts';
import { Migrations } from './migration.ts';
import { KnownRings } from './known-rings.ts';
import { RingTap } from './ring-tap.ts';
import { TextStream } from './text-stream.ts';
import { Transcript } from './transcript.ts';
import { TypedLines } from './typed-lines.ts';
import { Witness } from './witness.ts';
import { Exchange } from './world/exchange.ts';

export const LAB_SAVED: SavedClasses = {
  ConsoleText: { type: ConsoleText },
  DomainConsoles: { type: DomainConsoles, but: ['hypervisor', 'print'] },
  DomainNames: { type: DomainNames },
  Exchange: { type: Exchange, but: ['inputs'] },
  Facts: { type: Facts, but: ['note', 'noteEnd', 'hypervisor'] },
  KnownRings: { type: KnownRings },
  Migrations: { type: Migrations, but: ['periodNs'] },
  RingTap: { type: RingTap },
  TextStream: { type: TextStream },
  Transcript: { type: Transcript, frozen: ['full'] },
  TypedLines: { type: TypedLines },
  Witness: { type: Witness, but: ['hypervisor', 'listener'] },
};
