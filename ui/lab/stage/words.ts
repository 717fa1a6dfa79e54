/** Names that the stage and its inspector say things by. */
import type { PortBinding } from '../ports.ts';

/** What a port is bound to, in a few words. */
export function bindingWords(binding: PortBinding, names: (domain: number) => string): string {
  switch (binding.to) {
    case 'domain':
      return `bound to port ${String(binding.port)} of ${names(binding.domain)}`;
    case 'nobody':
      return `waits for ${names(binding.domain)} to bind to it`;
    case 'virq':
      return `the virtual interrupt ${binding.name}`;
    case 'pirq':
      return `the physical interrupt ${String(binding.line)}`;
    case 'vcpu':
      return 'from vcpu to vcpu (IPI)';
    case 'xen':
      return 'bound to Xen itself';
  }
}

/** XenbusState*, of xenbus.h. */
export const XENBUS_STATES = [
  'unknown',
  'initialising',
  'init wait',
  'initialised',
  'connected',
  'closing',
  'closed',
  'reconfiguring',
  'reconfigured',
] as const;
