/** Paths as text. */

/** The last name of a path. */
export function baseName(path: string): string {
  let end = path.length;
  while (end > 1 && path.charAt(end - 1) == '/') end--;
  return path.substring(path.lastIndexOf('/', end - 1) + 1, end);
}
