/** What a process has open, as the processes see it: mote/fs has the rest. */

export abstract class ProcessFiles {
  /** For a child: the same files. */
  abstract fork(): ProcessFiles;
  /** Closes those that are to be closed when another program begins. */
  abstract exec(): void;
  /** Closes all, and gives itself back. */
  abstract release(): void;
}
