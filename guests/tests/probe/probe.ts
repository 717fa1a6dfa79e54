/** A question to Xen. */
export interface Probe {
  readonly name: string;
  /** Who asks; the kernel unless said otherwise. */
  readonly mode?: 'kernel' | 'user';
  /** Assembly of the kernel that prepares it. Registers are 0 and the buffer holds 0x55 before. */
  readonly setup?: string;
  /** Assembly that leaves the answer in RAX. */
  readonly code: string;
  /** How many bytes of the buffer are printed after the answer. */
  readonly dump?: number;
}
