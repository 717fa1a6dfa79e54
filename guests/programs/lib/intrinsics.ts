/** What AssemblyScript cannot say: system calls, memory outside of linear memory (the stack), addresses of functions. */

// @ts-ignore: decorator
@external("sys", "syscall0")
export declare function syscall0(number: i32): i64;
// @ts-ignore: decorator
@external("sys", "syscall1")
export declare function syscall1(number: i32, a: u64): i64;
// @ts-ignore: decorator
@external("sys", "syscall2")
export declare function syscall2(number: i32, a: u64, b: u64): i64;
// @ts-ignore: decorator
@external("sys", "syscall3")
export declare function syscall3(number: i32, a: u64, b: u64, c: u64): i64;
// @ts-ignore: decorator
@external("sys", "syscall4")
export declare function syscall4(number: i32, a: u64, b: u64, c: u64, d: u64): i64;
// @ts-ignore: decorator
@external("sys", "syscall5")
export declare function syscall5(number: i32, a: u64, b: u64, c: u64, d: u64, e: u64): i64;
// @ts-ignore: decorator
@external("sys", "syscall6")
export declare function syscall6(number: i32, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64;
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
@external("cpu", "pause")
export declare function pause(): void;
// @ts-ignore: decorator
@external("cpu", "rdtsc")
export declare function rdtsc(): u64;
/** The native address of a function, by its index in the table: `f.index`. */
// @ts-ignore: decorator
@external("cpu", "addressOf")
export declare function addressOf(index: u32): u64;
