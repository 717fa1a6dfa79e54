/** true: does nothing, and succeeds. */
export function main(args: string[]): i32 {
  return 0;
}
