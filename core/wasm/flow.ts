/**
 * How an operation goes on, for generated/functions.ts: the translator (core/translator/) knows these by name and makes code of
 * them. The processor itself calls none.
 */

// @ts-ignore: decorator
@external("flow", "next")
export declare function next_(): i32;
// @ts-ignore: decorator
@external("flow", "again")
export declare function again_(): i32;
// @ts-ignore: decorator
@external("flow", "taken")
export declare function taken_(): i32;
// @ts-ignore: decorator
@external("flow", "fall")
export declare function fall_(): i32;
// @ts-ignore: decorator
@external("flow", "enter")
export declare function enter_(rip: u64): i32;
