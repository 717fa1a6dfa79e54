/** What Xen tells a domain of its processor, by its emulated `cpuid`: the bare instruction would tell what the silicon is. */

/** EAX, EBX, ECX and EDX of a leaf, into 16 bytes of linear memory. */
// @ts-ignore: decorator
@external("asm", "cpuid_leaf")
export declare function cpuidLeaf(leaf: u32, subleaf: u32, to: usize): void;
