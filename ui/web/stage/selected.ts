/** What is selected on the page: one thing of one host, which the inspector tells of. */
import { signal } from '@preact/signals';

export type Thing =
  | { readonly kind: 'xen' }
  | { readonly kind: 'processor'; readonly id: number }
  | { readonly kind: 'machine'; readonly index: number }
  | { readonly kind: 'domain'; readonly domain: number }
  | { readonly kind: 'vcpu'; readonly domain: number; readonly vcpu: number }
  | { readonly kind: 'process'; readonly domain: number; readonly pid: number }
  | { readonly kind: 'bridge'; readonly domain: number; readonly name: string }
  | { readonly kind: 'port'; readonly domain: number; readonly port: number }
  | { readonly kind: 'frame'; readonly mfn: number }
  | { readonly kind: 'device'; readonly device: string; readonly domain: number; readonly id: number }
  | {
      readonly kind: 'slot';
      readonly device: string;
      readonly domain: number;
      readonly id: number;
      readonly ring: number;
      readonly slot: number;
    }
  | { readonly kind: 'node'; readonly path: string }
  /** Of a register, of code, or of what was printed. */
  | { readonly kind: 'word'; readonly domain: number; readonly vcpu: number; readonly value: string };

export interface Selected {
  readonly host: number;
  readonly thing: Thing;
}

export const selected = signal<Selected | null>(null);

export function isSame(one: Selected | null, host: number, thing: Thing): boolean {
  return one?.host === host && JSON.stringify(one.thing) === JSON.stringify(thing);
}
