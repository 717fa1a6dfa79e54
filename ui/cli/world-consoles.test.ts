import { expect, test } from 'vitest';
import { WorldConsoles } from './world-consoles.ts';

let written = '';
const consoles = (isWatched: boolean): WorldConsoles => {
  written = '';
  return new WorldConsoles(['A', 'B'], (bytes) => (written += Buffer.from(bytes).toString()), isWatched);
};

test('where nobody watches every line has its host’s name in front, and the last ones come at the end', () => {
  const both = consoles(false);
  both.print(0, Buffer.from('one\r\ntw'));
  both.print(1, Buffer.from('three\nfo'));
  both.print(0, Buffer.from('o\r\n/ $ '));
  expect(written).toBe('A| one\nB| three\nA| two\n');
  both.end();
  expect(written).toBe('A| one\nB| three\nA| two\nA| / $ \nB| fo\n');
});

test('on a terminal one console is shown as it is, and another, when it is, with what it has printed meanwhile', () => {
  const both = consoles(true);
  both.print(0, Buffer.from('/ $ '));
  both.print(1, Buffer.from('hid'));
  both.print(1, Buffer.from('den'));
  expect(written).toBe('/ $ ');
  both.show(1);
  both.print(1, Buffer.from('!'));
  both.print(0, Buffer.from('later'));
  expect(written).toBe('/ $ [B]\r\nhidden!');
  both.show(0);
  both.end();
  expect(written).toBe('/ $ [B]\r\nhidden![A]\r\nlater');
});
