/**
 * A program begins with so much room that one which ends soon never collects (start.asm). One that stays says so when it is set up: from
 * then on what it leaves is collected when there is as much of it as of what it needs, and its memory does not grow.
 */
export function stay(): void {
  __collect();
}
