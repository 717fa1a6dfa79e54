/** The words for errors. */
const NUMBERS: StaticArray<i32> = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 36, 38, 39, 40, 95, 98, 99, 101, 104, 107, 110, 111, 113, 117,
];
const WORDS: StaticArray<string> = [
  'Operation not permitted',
  'No such file or directory',
  'No such process',
  'Interrupted system call',
  'Input/output error',
  'No such device or address',
  'Argument list too long',
  'Exec format error',
  'Bad file descriptor',
  'No child processes',
  'Resource temporarily unavailable',
  'Cannot allocate memory',
  'Permission denied',
  'Bad address',
  'Device or resource busy',
  'File exists',
  'Invalid cross-device link',
  'No such device',
  'Not a directory',
  'Is a directory',
  'Invalid argument',
  'Too many open files in system',
  'Too many open files',
  'Inappropriate ioctl for device',
  'Text file busy',
  'File too large',
  'No space left on device',
  'Illegal seek',
  'Read-only file system',
  'Too many links',
  'Broken pipe',
  'File name too long',
  'Function not implemented',
  'Directory not empty',
  'Too many levels of symbolic links',
  'Operation not supported',
  'Address already in use',
  'Cannot assign requested address',
  'Network is unreachable',
  'Connection reset by peer',
  'Transport endpoint is not connected',
  'Connection timed out',
  'Connection refused',
  'No route to host',
  'Structure needs cleaning',
];

/** What a result below 0 means. */
export function describe(result: i64): string {
  for (let n = 0; n < NUMBERS.length; n++) if (NUMBERS[n] == <i32>-result) return WORDS[n];
  return 'Error ' + (-result).toString();
}
