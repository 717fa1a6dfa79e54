/** The store's tree and its views, in Node: transactions, permissions, quotas. */
import { expect, test } from 'vitest';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

/** Runs AssemblyScript that gives a number, on a fresh store. */
async function run(body: string): Promise<number> {
  const main = `
    import { EACCES, EAGAIN, EINVAL, ENOENT, ENOSPC } from 'xen';
    import { root, View } from 'dom0/xenstored/store';
    import { find, isValidPath, Permission } from 'dom0/xenstored/tree';
    function valueOf(path: string): string { const node = find(root, path); return node == null ? '?' : node.value; }
    function put(domid: u32, path: string, value: string): i32 {
      const view = new View(domid);
      const failed = view.write(path, value);
      return failed < 0 ? failed : view.commit();
    }
    function permit(path: string, list: Permission[]): i32 {
      const view = new View(0);
      view.makeDirectory(path);
      const failed = view.setPermissions(path, list);
      return failed < 0 ? failed : view.commit();
    }
    export function main(): i32 { ${body} }`;
  const sources = new Map([...readSources(), ['main.ts', main]]);
  const { wasm } = await compile(sources, 'main.ts', { runtime: 'bare', memoryBase: 0x1000 });
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
  });
  (instance.exports['start'] as () => void)();
  return (instance.exports['main'] as () => number)();
}

test('a transaction is seen by nobody until it is committed, and then whole', async () => {
  const result = await run(`
    put(0, '/a', '1');
    const view = new View(0);
    view.write('/a', '2');
    view.write('/b/c', '3');
    let seen = valueOf('/a') == '1' && valueOf('/b') == '?' && view.read('/a')!.value == '2' ? 1 : 0;
    if (view.commit() == 0 && valueOf('/a') == '2' && valueOf('/b/c') == '3' && valueOf('/b') == '') seen += 2;
    return seen;`);
  expect(result).toBe(3);
});

test('who has looked at what others have changed meanwhile does it again; other changes do not matter', async () => {
  const result = await run(`
    put(0, '/a', '1'); put(0, '/d/e', '1'); put(0, '/f/g', '1');
    const reader = new View(0);
    reader.read('/a');
    reader.write('/d/e', '2');
    const other = new View(0);
    other.write('/f/g', '2');
    put(0, '/h', '9');
    let result = other.commit() == 0 && valueOf('/f/g') == '2' && valueOf('/h') == '9' ? 1 : 0;
    put(0, '/a', '5');
    if (reader.commit() == -EAGAIN && valueOf('/d/e') == '1' && valueOf('/a') == '5') result += 2;
    // One that has looked for what was not there is told when it is made.
    const seeker = new View(0);
    seeker.read('/i');
    seeker.write('/j', '1');
    put(0, '/i', '1');
    if (seeker.commit() == -EAGAIN) result += 4;
    return result;`);
  expect(result).toBe(7);
});

test('permissions: the owner, those who are named, everybody else; what is made below inherits', async () => {
  const result = await run(`
    permit('/a', [new Permission('n', 1), new Permission('r', 2), new Permission('b', 3)]);
    put(0, '/a/x', '1');
    let result = 0;
    if (put(1, '/a/x', '2') == 0 && put(3, '/a/x', '3') == 0 && put(2, '/a/x', '4') == -EACCES) result += 1;
    const two = new View(2), four = new View(4);
    if (two.read('/a/x') != null && four.read('/a/x') == null && four.failure == -EACCES) result += 2;
    if (two.read('/a/y') == null && two.failure == -ENOENT && four.read('/a/y') == null && four.failure == -EACCES) result += 4;
    // What a domain makes is its own.
    if (put(3, '/a/three', '1') == 0 && find(root, '/a/three')!.owner == 3) result += 8;
    const one = new View(1);
    if (one.setPermissions('/a', [new Permission('n', 2)]) == -EACCES && one.setPermissions('/a', [new Permission('b', 1)]) == 0) result += 16;
    if (new View(4).remove('/a') == -EACCES && new View(0).remove('/') == -EINVAL && new View(1).remove('/a/x') == 0) result += 32;
    return result;`);
  expect(result).toBe(63);
});

test('a domain has so many nodes, and values so long, and no more; domain 0 has no limits', async () => {
  const result = await run(`
    permit('/local/domain/1', [new Permission('n', 1)]);
    let made = 0;
    while (made < 2000 && put(1, '/local/domain/1/' + made.toString(), '') == 0) made++;
    const long = 'x'.repeat(2049);
    if (put(1, '/local/domain/1/0', long) != -ENOSPC || put(1, '/local/domain/1/0', long.substring(1)) != 0) return -1;
    if (put(0, '/local/domain/1/more', long) != 0) return -2;
    return made;`);
  // It owns its directory too.
  expect(result).toBe(999);
});

test('nodes that are made on the way to another one count; a list that changes is a change of its node', async () => {
  const result = await run(`
    permit('/local/domain/1', [new Permission('n', 1)]);
    for (let n = 0; n < 997; n++) put(1, '/local/domain/1/' + n.toString(), '');
    let result = put(1, '/local/domain/1/a/b/c', '') == -ENOSPC && valueOf('/local/domain/1/a') == '?' ? 1 : 0;
    if (put(1, '/local/domain/1/a/b', '') == 0) result += 2;
    const view = new View(0);
    view.read('/local/domain/1/a');
    view.write('/other', '1');
    const remover = new View(0);
    if (remover.remove('/local/domain/1/a/b') == 0 && remover.commit() == 0 && view.commit() == -EAGAIN) result += 4;
    return result;`);
  expect(result).toBe(7);
});

test('paths', async () => {
  const result = await run(`
    const good: string[] = ['/', '/a', '/local/domain/0', '/a-b_c@d+e/F9'];
    const bad: string[] = ['', 'a', '/a/', '//', '/a//b', '/a b', '/a.b', '/a?', '/' + 'x'.repeat(3072)];
    let result = 0;
    for (let n = 0; n < good.length; n++) if (isValidPath(good[n])) result++;
    for (let n = 0; n < bad.length; n++) if (!isValidPath(bad[n])) result++;
    return result;`);
  expect(result).toBe(13);
});
