/**
 * RDRAND and RDSEED: numbers drawn from the machine's own state (SplitMix64: Steele, Lea and Flood, 2014), so that a run is
 * the same whenever it is run again. They never run dry: CF is always 1.
 */
import { writeStatusFlags } from './flags';
import { CF, RANDOM } from './layout';
import { writeRegister } from './operands';
import { rmOf, sizeOf } from './record';

const STEP: u64 = 0x9e3779b97f4a7c15;

/** The next number. */
function draw(): u64 {
  const state = load<u64>(RANDOM) + STEP;
  store<u64>(RANDOM, state);
  let z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** Executes RDRAND and RDSEED of 16, 32 or 64 bits: CF 1, the other status flags 0. */
export function random(p: u32): void {
  writeRegister(rmOf(p), sizeOf(p), draw());
  writeStatusFlags(CF);
}
