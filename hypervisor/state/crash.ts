/** What is known of a domain that the hypervisor, or its own kernel, has crashed. */

export interface CrashReport {
  readonly message: string;
  readonly vcpu: number;
  /** The kernel (not the user) was running. */
  readonly kernel: boolean;
  /** Registers by name (RAX ... R15, RIP, RSP, CR2 ...) as 64-bit values in hexadecimal, 16 digits. */
  readonly registers: Readonly<Record<string, string>>;
  /** Eight-byte words from the stack pointer upwards, in hexadecimal, as far as they can be read. */
  readonly stack: readonly string[];
  /** Bytes around RIP: `code[codeOffset]` is the one at RIP. */
  readonly code: readonly number[];
  readonly codeOffset: number;
  /** Xen's manner of telling it, with line ends. */
  readonly text: string;
}
