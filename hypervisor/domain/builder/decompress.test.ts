import { describe, expect, it } from 'vitest';
import { type Compression, compressionOf, decompress } from './decompress.ts';
import { ImageError } from './image-error.ts';

/** 400 bytes full of branch opcodes and of the top bytes that the x86 filter looks for. */
function sample(): Uint8Array {
  const alphabet = [0xe8, 0xe9, 0x00, 0xff, 0x01, 0x40];
  let state = 1;
  return Uint8Array.from({ length: 400 }, () => {
    state = (Math.imul(state, 69069) + 12345) >>> 0;
    return alphabet[(state >>> 16) % 6]!;
  });
}

interface Packed {
  readonly name: string;
  readonly compression: Compression;
  readonly base64: string;
}

/** The sample, packed by the tools that Linux's build uses, each followed by its size as Linux's build does. */
const packed: readonly Packed[] = [
  {
    name: 'gzip',
    compression: 'gzip',
    base64:
      'H4sIAAAAAAACAz2Q2RHEMAxCoTP6rwRV4X3kYz3xJJEQhy590r2nXo5H5fV6usbU89yXUOLm3RX0nU/6AHRrHaePOsXS' +
      'eX1XJhrJSQRmxELLQep5JFAJ8gA1lQaKCDS04l8WDhAb0TQTZmQH0fF2snxpNmOg1UMBdhzMcLFIwlmD2r7viAHRY/hj' +
      'KAntWcmCIbXMgMjNJrCcrWKZ899DN4LgCnOBYc4ckxqtGSMZC+ayGZkhrHvQb5EjYzIIkNzs5Qcm7xo+kAEAAA==',
  },
  {
    name: 'xz with the x86 filter',
    compression: 'xz',
    base64:
      '/Td6WFoAAAFpIt42AgEEACEBAADaM60D4AGPAR1dAHSRWQ/whhLu5zJFVShV5TrrFaiM3XFtxtV9b5Qkkje72GYRJjPD' +
      'VuKSikv4fPrNYvlsTXBiYSk2I4TFPtnMz4PSyqwCaiscF6Gh3LeJP7Lgx1cZI1Aovk+GQfCyTsChju0nxKwQSjvslFDJ' +
      'zWwMVA3d/E8EKyAlRVwgJhW/LwAidi1JtirdXNjUYA8YbLhBvSSPicY0ScXgYkNe7lT5oIxjlL+pWcT5Ci83dRqno8d1' +
      'gK1aeHgJay84umDunchgofV4Lg+aqQnQGXoUe5GLDQNYhCO+XdeR4Sdt2Ii7HUkapPkP13kmQ8v4W+woazkVJFAhb9DD' +
      'iftWHsPhdgAEBRSnITUZY1Ds63G9OXEgv9fwfOMR/6dbflWOByEdAAAAAAAm7xo+AAG1ApADAACGWpRMPjANiwIAAAAA' +
      'AVlakAEAAA==',
  },
  {
    name: 'xz in blocks',
    compression: 'xz',
    base64:
      '/Td6WFoAAAFpIt42AgEEACEBAADaM60D4ACVAHxdAHSRWQ/whhLu5zJFVShV5TrrFaiM3XFtxtV9b5Qkkje72GYRJjPD' +
      'VuKSikv4fPrNYvlsTXBiYSk2I4TFPtnMz4PSyqwCaiscF6Gh3LeJP7Lgx1cZI1Aovk+GQfCyTsChju0nxKwQSjvslFDJ' +
      'zWwMVA3d/E8EKyAiz6awAAAAvLy7CQIBBAAhAQAA2jOtA+AAlQB+XQB0APxL9KEJktYGtXy9vUZAgrvt1RrWat2bkW9q' +
      '0+72PIRUBpjzeFyJSWZ83VqwysGPm519UCWXHgtxpGCkxm44UZ4gDwS22kb3SfZeJWuvOkvGigF1rzf9JQvgbp6Z3zMx' +
      '8kbAtcKOycb5SVtK7QIDVoX7QLkhHU1CunfRQwAAAAD3Vn8DAgEEACEBAADaM60D4ABjAFVdACA/vBjoInAf4dIYZmdI' +
      'ehQhvg5r1+Ptl3gX+5NFtOba+0ak/EB8cF1RkME9k1NNSOdVlSbPJybJoa/7ahan9jvR2BLjuiHtr3MLQp8kWMjAe1Iv' +
      'OQAAAAAAoZKbLQADlAGWAZYBlgFtZHaSroeb41FAAwAAAAABWVqQAQAA',
  },
  {
    name: 'xz without a filter',
    compression: 'xz',
    base64:
      '/Td6WFoAAAFpIt42AgAhAQAAAAA3J5fW4AGPAPJdAHSQGQ/whhLu5zJFVSjThMJnzC6drNTeHozsSvLNzQgSEBBbEzyl' +
      'uZc6nOLfjlby4QKDtP51aQ4uCMxjOOAAJGji+b08uOh8x4KNFDm88i3yNVJMfpAjhlAROromdMGcNiMblLvfuvgujlyv' +
      'RSEUEA/l5a1Pvv0Jp8v+5+ZtQdpUTJN+0D6nuYuxt2II9xWqE2NL7e49+JVp91DkTk+dywxPAPkdBl7nRDCXj/E2BOKD' +
      'eagdKZfJFRNxvu+5+9aPX8AH9Wf4Lm/O+9XLYypWb9nd63mrnkpX/DNNx4yUI5EeeII7dW22AQmdptRY1SsSaKc4AAAA' +
      'Ju8aPgABigKQAwAA/u+4uT4wDYsCAAAAAAFZWpABAAA=',
  },
  {
    name: 'lz4',
    compression: 'lz4',
    base64:
      'AiFMGG0BAADxLelA6P8AAOn//wDo6UDp6UDpAOhA6en/6OkA6ehAAen//0D/Aej/QEDp/+hA6f9A/+np6ADp/+npAekA' +
      'ACEA4AHo/+gBAOnp6eno///pPwDxCOgAAOj/6P/p6OhA6ehAAAABQEBAAOgBWQCwAAAA6QFA6OlA/wFFAPAaAOn/AP9A' +
      'QEDo6EAB/wH/6ED//+lAAEAA6P8B6AAB/+gAAQD//0DpAelJAAB0AMBAQAEA6QABAUD/6AFYABDodwBAAQFAAKcA8AJA' +
      'AUDpAegA/+kBQAH/6ej/6bEAcOjp/wH/AACbAGHpQAABAekBAHAAAED/AP/oPQABQgBg6EBA6QEBiwAQQNkAMOkB6fQA' +
      'sABA/+n/6ADp6AFAmwAgQP/0ABVACAEQ6DMAMAHoABEAAIYAYAH/6Ojo6LIAYEAAAEAAAZkAIOjoYQHQQOj/6QDoAAHp' +
      '6AABQCoAEgFJAQBNAODo/wFA6AFA///pAejpQJABAAA=',
  },
  {
    name: 'zstd',
    compression: 'zstd',
    base64:
      'KLUv/QRo1QQABpklCvA5ucv/m92NlAEhACEAIQAB1EpPEyCF3/SPaMqOAs5v6OdWW6fM7aix9gr7LmwDkwcwmV5qoplg' +
      'RHGG+uyGQAuUCcI3tSxK6rCRX+YyA3iFCGqbMhraE+vOAlZdsirTZ1rDBP4/geMHLFtzP72YB2WjMgOuvBmZaXXolyQz' +
      '0IHwJCYlkwUCukGSlmRyC2XJgn5uVcAMAElFDw6QAQAA',
  },
  {
    name: 'lzma',
    compression: 'lzma',
    base64:
      'XQAAgAD//////////wB0kBkP8IYS7ucyRVUo04TCZ8wunazU3h6M7Eryzc0IEhAQWxM8pbmXOpzi345W8uECg7T+dWkOLgjM' +
      'YzjgACRo4vm9PLjofMeCjRQ5vPIt8jVSTH6QI4ZQETq6JnTBnDYjG5S737r4Lo5cr0UhFBAP5eWtT779CafL/ufmbUHaVEyT' +
      'ftA+p7mLsbdiCPcVqhNjS+3uPfiVafdQ5E5PncsMTwD5HQZe50Qwl4/xNgTig3moHSmXyRUTcb7vufvWj1/AB/Vn+C5vzvvV' +
      'y2MqVm/Z3et5q55KV/wzTceMlCORHniCO3VttgEJnabUWNUrE9rf52f/FmJVAJABAAA=',
  },
];

const withArmFilter =
  '/Td6WFoAAAFpIt42AgEHACEBAAB0QTmF4AGPAPJdAHSQGQ/whhLu5zJFVSjThMJnzC6drNTeHozsSvLNzQgSEBBbEzyluZc6' +
  'nOLfjlby4QKDtP51aQ4uCMxjOOAAJGji+b08uOh8x4KNFDm88i3yNVJMfpAjhlAROromdMGcNiMblLvfuvgujlyvRSEUEA/l' +
  '5a1Pvv0Jp8v+5+ZtQdpUTJN+0D6nuYuxt2II9xWqE2NL7e49+JVp91DkTk+dywxPAPkdBl7nRDCXj/E2BOKDeagdKZfJFRNx' +
  'vu+5+9aPX8AH9Wf4Lm/O+9XLYypWb9nd63mrnkpX/DNNx4yUI5EeeII7dW22AQmdptRY1SsSaKc4AAAAJu8aPgABigKQAwAA' +
  '/u+4uT4wDYsCAAAAAAFZWpABAAA=';

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

async function problemOf(bytes: Uint8Array): Promise<string> {
  try {
    await decompress(bytes, compressionOf(bytes)!, 'the payload');
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    return (error as ImageError).message;
  }
}

describe.each(packed)('$name', ({ compression, base64 }) => {
  const bytes = bytesOf(base64);

  it('is known by its first bytes', () => {
    expect(compressionOf(bytes)).toBe(compression);
  });

  it('unpacks', async () => {
    expect(await decompress(bytes, compression, 'the payload')).toEqual(sample());
  });

  it('is refused cut short, at every length', async () => {
    for (let length = 6; length < bytes.length; length++)
      expect(await problemOf(bytes.slice(0, length))).toMatch(/^(truncated|corrupt|unsupported): /);
  });

  it('is refused when it says it is larger than it is', async () => {
    const wrong = bytes.slice();
    wrong[bytes.length - 3]! += 1;
    expect(await problemOf(wrong)).toMatch(/^corrupt: /);
  });

  it('is refused when it says it is larger than any kernel', async () => {
    const wrong = bytes.slice();
    wrong[bytes.length - 1] = 0xff;
    expect(await problemOf(wrong)).toMatch(/^corrupt: .*more than any kernel/);
  });
});

describe('checksums', () => {
  it.each(packed.filter(({ compression }) => compression === 'gzip' || compression === 'xz'))(
    '$name with one wrong byte is refused',
    async ({ base64 }) => {
      const bytes = bytesOf(base64);
      for (let at = 40; at < 200; at += 7) {
        const wrong = bytes.slice();
        wrong[at]! ^= 0x10;
        expect(await problemOf(wrong)).toMatch(/^(corrupt|truncated|unsupported): /);
      }
    },
  );
});

describe('what is not unpacked', () => {
  it('is an XZ stream with another filter', async () => {
    expect(await problemOf(bytesOf(withArmFilter))).toBe(
      'unsupported: the XZ stream uses filters other than LZMA2 and x86',
    );
  });

  it('is a compression that Linux has but this does not', async () => {
    const bzip2 = new Uint8Array([0x42, 0x5a, 0x68, 0x39, 0, 0, 0, 0]);
    expect(await problemOf(bzip2)).toBe(
      'unsupported: the payload is packed with bzip2; gzip, xz, lz4, zstd and lzma are known',
    );
  });
});
