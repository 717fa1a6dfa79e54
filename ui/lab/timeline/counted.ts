/** What an overview counts apart. */
export const COUNTED = ['hypercall', 'trap', 'upcall', 'port', 'xenstore', 'other'] as const;
