/** What became of an instruction. */
export const DONE = 0;
/** Not Xen's to emulate: the guest gets the #GP. */
export const REFUSED = 1;
/** RIP stays for another round. */
export const STAYS = 2;
/** An exception was injected. */
export const INJECTED = 3;
