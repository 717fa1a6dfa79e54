/** What can be wrong with a kernel or ramdisk, in kind. */
type ImageProblem =
  | 'truncated'
  | 'not a kernel'
  | 'wrong architecture'
  | 'no Xen notes'
  | 'corrupt'
  | 'unsupported'
  | 'does not fit';

/** An image the builder refuses. The message is one line: what is wrong, and where. */
export class ImageError extends Error {
  readonly problem: ImageProblem;

  constructor(problem: ImageProblem, detail: string) {
    super(`${problem}: ${detail}`);
    this.name = 'ImageError';
    this.problem = problem;
  }
}
