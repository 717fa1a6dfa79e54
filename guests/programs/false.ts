/** false: does nothing, and fails. */
export function main(args: string[]): i32 {
  return 1;
}
