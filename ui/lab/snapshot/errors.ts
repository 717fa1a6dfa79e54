/** A snapshot cannot be made, read or used: one line that says why. */
export class SnapshotError extends Error {}
