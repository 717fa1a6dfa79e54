/** Xen itself has failed (hypervisor/bug.ts): the host runs no more. The message is the report, for people. */
export class HostCrash extends Error {
  constructor(report: string, cause: Error) {
    super(report, { cause });
    this.name = 'HostCrash';
  }
}
