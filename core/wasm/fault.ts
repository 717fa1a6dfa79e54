/** Raising exceptions: the instruction stops, the run comes back with an exit. */
import {
  CPL,
  CR2,
  EXIT_ADDRESS,
  EXIT_ERROR,
  EXIT_EXCEPTION,
  EXIT_NONE,
  EXIT_PRIVILEGED,
  EXIT_REASON,
  EXIT_VECTOR,
  NON_CANONICAL,
  VECTOR_GP,
  VECTOR_PAGED,
  VECTOR_PF,
} from './layout';

/** Whether the instruction being executed has raised an exit: its caller must return at once and change nothing more. */
// @ts-ignore: decorator
@inline
export function faulted(): bool {
  return load<u32>(EXIT_REASON) != EXIT_NONE;
}

/** Raises `vector` with `errorCode` (0 where the vector has none). The instruction is not retired. */
export function raise(vector: u32, errorCode: u32): void {
  store<u32>(EXIT_REASON, EXIT_EXCEPTION);
  store<u32>(EXIT_VECTOR, vector);
  store<u32>(EXIT_ERROR, errorCode);
  store<u32>(NON_CANONICAL, 0);
}

/** Raises the fault of an address that is not canonical: #GP(0), or #SS(0) where the stack was meant (leave.ts `abort`). */
export function raiseNonCanonical(): void {
  raise(VECTOR_GP, 0);
  store<u32>(NON_CANONICAL, 1);
}

/** Raises #PF for a linear address; `errorCode` as SDM vol. 3, 4.7. */
export function raisePageFault(address: u64, errorCode: u32): void {
  raise(VECTOR_PF, errorCode);
  store<u64>(EXIT_ADDRESS, address);
  store<u64>(CR2, address);
}

/** The access reaches a frame whose contents are not here. */
export function raisePaged(frame: u32): void {
  raise(VECTOR_PAGED, frame);
}

/** The exit of a privileged instruction: #GP(0) above CPL 0, the hypervisor's business at CPL 0. */
export function raisePrivileged(): void {
  if (load<u32>(CPL) != 0) raise(VECTOR_GP, 0);
  else store<u32>(EXIT_REASON, EXIT_PRIVILEGED);
}
