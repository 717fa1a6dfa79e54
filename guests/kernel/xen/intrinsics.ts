/**
 * What AssemblyScript cannot say, told as functions that the toolchain compiles inline: memory outside the window, the
 * processor's instructions, and the hypercall.
 *
 * A kernel's linear memory is a window of the guest's address space: address `a` is virtual address `window() + a`.
 */

// @ts-ignore: decorator
@external("cpu", "load8")
export declare function load8(va: u64): u64;
// @ts-ignore: decorator
@external("cpu", "load16")
export declare function load16(va: u64): u64;
// @ts-ignore: decorator
@external("cpu", "load32")
export declare function load32(va: u64): u64;
// @ts-ignore: decorator
@external("cpu", "load64")
export declare function load64(va: u64): u64;
// @ts-ignore: decorator
@external("cpu", "store8")
export declare function store8(va: u64, value: u64): void;
// @ts-ignore: decorator
@external("cpu", "store16")
export declare function store16(va: u64, value: u64): void;
// @ts-ignore: decorator
@external("cpu", "store32")
export declare function store32(va: u64, value: u64): void;
// @ts-ignore: decorator
@external("cpu", "store64")
export declare function store64(va: u64, value: u64): void;
// @ts-ignore: decorator
@external("cpu", "copy")
export declare function copy(to: u64, from: u64, bytes: u64): void;
// @ts-ignore: decorator
@external("cpu", "fill")
export declare function fill(va: u64, byte: u64, bytes: u64): void;
// @ts-ignore: decorator
@external("cpu", "pause")
export declare function pause(): void;
// @ts-ignore: decorator
@external("cpu", "rdtsc")
export declare function rdtsc(): u64;
// @ts-ignore: decorator
@external("cpu", "fxsave")
export declare function fxsave(area: usize): void;
// @ts-ignore: decorator
@external("cpu", "fxrstor")
export declare function fxrstor(area: usize): void;
/** The native address of a function, by its index in the table: `f.index`. */
// @ts-ignore: decorator
@external("cpu", "addressOf")
export declare function addressOf(index: u32): u64;
/** The virtual address of byte 0 of linear memory. */
// @ts-ignore: decorator
@external("cpu", "window")
export declare function window(): u64;

// @ts-ignore: decorator
@external("xen", "hypercall0")
export declare function hypercall0(number: i32): i64;
// @ts-ignore: decorator
@external("xen", "hypercall1")
export declare function hypercall1(number: i32, a1: u64): i64;
// @ts-ignore: decorator
@external("xen", "hypercall2")
export declare function hypercall2(number: i32, a1: u64, a2: u64): i64;
// @ts-ignore: decorator
@external("xen", "hypercall3")
export declare function hypercall3(number: i32, a1: u64, a2: u64, a3: u64): i64;
// @ts-ignore: decorator
@external("xen", "hypercall4")
export declare function hypercall4(number: i32, a1: u64, a2: u64, a3: u64, a4: u64): i64;
// @ts-ignore: decorator
@external("xen", "hypercall5")
export declare function hypercall5(number: i32, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64): i64;

/** The virtual address of a byte of linear memory. */
// @ts-ignore: decorator
@inline
export function virtual(address: usize): u64 {
  return window() + address;
}
