/** Pages of the world's web servers, in the page: a frame without rights whose requests go into the world. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleHas } from '../testing-patience.ts';
import { CHROMIUM, Served, violations } from '../testing.ts';
import { basic, readResponse, requestBytes } from './http.ts';

it('a request is HTTP/1.0, and an answer is read; what is none is told of', () => {
  const text = new TextDecoder();
  const place = { path: '/a?b', host: '10.0.0.100:81', credentials: '' };
  const common = 'HTTP/1.0\r\nHost: 10.0.0.100:81\r\nConnection: close\r\n';
  expect(text.decode(requestBytes({ ...place, method: 'GET', body: '' }))).toBe(`GET /a?b ${common}\r\n`);
  expect(text.decode(requestBytes({ ...place, method: 'POST', body: 'é' }))).toBe(
    `POST /a?b ${common}Content-Length: 2\r\n\r\né`,
  );
  expect(
    text.decode(requestBytes({ ...place, credentials: basic('é', 'p:q'), method: 'GET', body: '' })),
  ).toContain(`Authorization: Basic ${Buffer.from('é:p:q').toString('base64')}\r\n`);
  const asks = readResponse(
    new TextEncoder().encode('HTTP/1.0 401 Who\r\nWWW-Authenticate: Basic realm="xensv of a"\r\n\r\n'),
  );
  expect(asks.realm).toBe('xensv of a');
  const bytes = new TextEncoder().encode(
    'HTTP/1.1 404 Not Found\r\ncontent-TYPE: text/html\r\n\r\nno\r\n\r\n',
  );
  const { status, type, body } = readResponse(bytes);
  expect([status, type, text.decode(body)]).toEqual([404, 'text/html', 'no\r\n\r\n']);
  expect(() => readResponse(new TextEncoder().encode('SSH-2.0-x\r\n\r\n'))).toThrow('does not speak HTTP');
});

describe.skipIf(CHROMIUM === undefined)('web servers of the world in the page', () => {
  let served: Served;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
    page = await served.page(1440, 900);
    await page.goto(served.address);
    await consoleHas(page, '/ $');
    await page.getByRole('tab', { name: 'Web', exact: true }).click();
  });
  afterAll(async () => {
    await served.close();
  });

  const pane = () => page.getByTestId('guest-web');
  const frame = () => pane().frameLocator('iframe');
  async function go(address: string): Promise<void> {
    await pane().getByLabel('Address').fill(address);
    await page.keyboard.press('Enter');
  }

  it('has no page before somebody serves one, and says why', async () => {
    await go('http://10.0.0.100:8080/');
    await pane().getByText('nobody listens there').waitFor();
    await go('ftp://10.0.0.100/');
    await pane().getByText('ftp: is not spoken here').waitFor();
    expect(await violations(page, ['light'])).toEqual([]);
  });

  it('manages domains by domain 0’s own page', async () => {
    await page.getByTestId('console').click();
    await page.keyboard.type('xensv start; echo ser$((1+1))es\n');
    await consoleHas(page, 'ser2es');
    await go('http://10.0.0.100:8080/');
    await frame().getByRole('article', { name: 'domain Domain-0' }).waitFor();
    await frame().getByRole('button', { name: 'New domain' }).click();
    await frame().getByLabel('Memory, MiB').fill('16');
    await frame().getByRole('button', { name: 'Create' }).click();
    await frame().getByRole('article', { name: 'domain new' }).waitFor();
    await frame()
      .getByRole('article', { name: 'domain new' })
      .getByRole('button', { name: 'Destroy' })
      .click();
    await frame().getByRole('article', { name: 'domain new' }).waitFor({ state: 'detached' });
  });

  it('signs in where a server wants to know who asks', async () => {
    await page.getByTestId('console').click();
    await page.keyboard.type('echo root:secret > /etc/xen/xensv-password; echo lo$((1+1))ks\n');
    await consoleHas(page, 'lo2ks');
    await go('http://10.0.0.100:8080/');
    await pane().getByText('asks for a name and a password').waitFor();
    expect(await violations(page, ['light'])).toEqual([]);
    await pane().getByLabel('Name').fill('root');
    await pane().getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await pane().getByText('does not let in').waitFor();
    await pane().getByLabel('Password').fill('secret');
    await page.keyboard.press('Enter');
    await frame().getByRole('article', { name: 'domain Domain-0' }).waitFor();
    await frame().getByRole('button', { name: 'New domain' }).click();
    await frame().getByLabel('Memory, MiB').fill('16');
  });

  it('follows links, and lets such a page reach nothing of this one', async () => {
    await page.getByTestId('console').click();
    await page.keyboard.type('httpd /etc & echo lis$((1+1))ens\n');
    await consoleHas(page, 'lis2ens');
    await go('10.0.0.100');
    await frame().getByRole('link', { name: 'motd' }).click();
    await frame().getByText('Welcome to Mote').waitFor();
    expect(await pane().getByLabel('Address').inputValue()).toBe('http://10.0.0.100/motd');
    const handle = await (await pane().locator('iframe').elementHandle())!.contentFrame();
    expect(await handle!.evaluate(() => globalThis.origin)).toBe('null');
    const loaded = (url: string): Promise<boolean> =>
      new Promise((done) => {
        const image = new Image();
        image.onload = () => done(true);
        image.onerror = () => done(false);
        image.src = url;
      });
    const icon = new URL('icon.svg', served.address).href;
    expect(await page.evaluate(loaded, icon)).toBe(true);
    expect(await handle!.evaluate(loaded, icon)).toBe(false);
  });

  it('tells that the world stands', async () => {
    await page.getByTestId('run').filter({ hasText: 'Pause' }).click();
    await page.getByTestId('status').filter({ hasText: 'Paused' }).waitFor();
    await go('10.0.0.100');
    await pane().getByText('the world stands').waitFor();
  });
});
