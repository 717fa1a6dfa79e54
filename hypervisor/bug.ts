/**
 * What must hold whatever a guest does. Where it does not, Xen itself is wrong: the host stops with a report, as BUG() does,
 * before one domain's memory becomes another's. Nothing catches it below ui/.
 */
export class HypervisorBug extends Error {
  constructor(what: string) {
    super(`Xen BUG: ${what}`);
    this.name = 'HypervisorBug';
  }
}

/** BUG(): stops the host. */
export function bug(what: string): never {
  throw new HypervisorBug(what);
}
