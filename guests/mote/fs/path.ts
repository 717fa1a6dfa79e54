/**
 * From a path to a node: step by step from the root or the process's own directory, through mounts and links. Paths are
 * NUL-terminated bytes of the kernel's.
 */
import { EEXIST, EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR } from 'xen';
import { alloc, free } from 'kernel/memory/heap';
import { ELOOP, NAME_MAX, PATH_MAX } from '../abi';
import { currentDirectory, currentRoot } from './descriptors';
import { parentOfMount } from './mount';
import { isDot, isDotDot, lengthOf } from './names';
import { fail, Vnode } from './vnode';

const SLASH: u8 = 0x2f;
/** Links that one path may lead through. */
const MAX_LINKS = 16;

/** The last step of a path, where `resolveParent` stopped. */
export let lastName: usize = 0;
export let lastLength: i32 = 0;
let linksFollowed: i32 = 0;

/** The node at a path, held; null: `failure()`. `follow`: where the path ends at a link, the node it leads to. */
export function resolve(path: usize, follow: bool): Vnode | null {
  linksFollowed = 0;
  return walk(start(path), path, follow);
}

/**
 * The directory in which a path's last name stands or would stand, held, with the name in `lastName` and `lastLength` (a
 * piece of the path). A path that ends with `.`, `..` or is the root has none: -EEXIST or -EINVAL.
 */
export function resolveParent(path: usize): Vnode | null {
  let end = lengthOf(path);
  while (end > 1 && load<u8>(path + end - 1) == SLASH) end--;
  let from = end;
  while (from > 0 && load<u8>(path + from - 1) != SLASH) from--;
  if (end == 0) return fail(-ENOENT);
  const length = end - from;
  if (load<u8>(path + from) == SLASH || length == 0) return fail(-EEXIST);
  if (isDot(path + from, length) || isDotDot(path + from, length)) return fail(-EINVAL);
  if (length > NAME_MAX) return fail(-ENAMETOOLONG);
  lastName = path + from;
  lastLength = length;
  linksFollowed = 0;
  if (from == 0) return currentDirectory().get();
  // The directory's path is what stands before the name.
  const directory = alloc(from + 1);
  memory.copy(directory, path, from);
  store<u8>(directory + from, 0);
  const node = walk(start(path), directory, true);
  free(directory);
  if (node == null || node.isDirectory) return node;
  node.put();
  return fail(-ENOTDIR);
}

function start(path: usize): Vnode {
  return load<u8>(path) == SLASH ? currentRoot().get() : currentDirectory().get();
}

/** Walks from `node`, whose hold it takes over. */
function walk(node: Vnode, path: usize, follow: bool): Vnode | null {
  let at = path;
  if (load<u8>(at) == 0) {
    node.put();
    return fail(-ENOENT);
  }
  while (true) {
    while (load<u8>(at) == SLASH) at++;
    if (load<u8>(at) == 0) return node;
    let end = at;
    while (load<u8>(end) != 0 && load<u8>(end) != SLASH) end++;
    const isLast = load<u8>(end) == 0;
    const next = step(node, at, <i32>(end - at), follow || !isLast);
    if (next == null) return null;
    node = next;
    at = end;
    if (isLast || node.isDirectory) continue;
    node.put();
    return fail(-ENOTDIR);
  }
  return null;
}

/** One name further. Takes over the hold of `node`. */
function step(node: Vnode, name: usize, length: i32, follow: bool): Vnode | null {
  if (isDot(name, length)) return node;
  if (length > NAME_MAX) {
    node.put();
    return fail(-ENAMETOOLONG);
  }
  if (isDotDot(name, length)) {
    if (node == currentRoot()) return node;
    for (let above = parentOfMount(node); above != null; above = parentOfMount(node)) {
      above.get();
      node.put();
      node = above;
    }
  }
  let next = node.lookup(name, length);
  if (next != null && next.isLink && follow) next = followLink(node, next);
  node.put();
  if (next == null) return null;
  // What is mounted there, and on that, and so on.
  for (let covered = next.covered; covered != null; covered = next.covered) {
    covered.get();
    next.put();
    next = covered;
  }
  return next;
}

/** Where a link in a directory leads. Takes over the hold of the link. */
function followLink(directory: Vnode, link: Vnode): Vnode | null {
  if (++linksFollowed > MAX_LINKS) {
    link.put();
    return fail(-ELOOP);
  }
  const target = alloc(PATH_MAX);
  const length = link.readLink(target, PATH_MAX - 1);
  link.put();
  let node: Vnode | null = null;
  if (length < 0) node = fail(length);
  else {
    store<u8>(target + length, 0);
    const from = load<u8>(target) == SLASH ? currentRoot() : directory;
    node = walk(from.get(), target, true);
  }
  free(target);
  return node;
}
