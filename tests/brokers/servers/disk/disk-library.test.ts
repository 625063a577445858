import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  diskLibrary,
  whyNoDiskLibrary,
} from '../../../../brokers/servers/local/disk/disk-library.ts';

const library = await diskLibrary(() => {});
const reason = whyNoDiskLibrary();

test('there is a library or a reason why there is none', () => {
  expect(library === undefined).toBe(reason !== undefined);
  if (reason !== undefined) expect(reason).not.toContain('\n');
});

test.skipIf(library === undefined)(
  `the library is built once, and any program takes it (${reason ?? 'there is one'})`,
  async () => {
    const lines: string[] = [];
    expect(await diskLibrary((line) => lines.push(line))).toBe(library);
    expect(lines).toEqual([]);
    const ran = spawnSync('/bin/true', { env: { LD_PRELOAD: library } });
    expect([ran.status, ran.stderr.toString()]).toEqual([0, '']);
  },
);

test('without a compiler on PATH there is none, and the reason says what to install', () => {
  const module = new URL('../../../../brokers/servers/local/disk/disk-library.ts', import.meta.url)
    .href;
  // The library that is there already would be taken: so this one has to be another.
  const script = `
    Object.defineProperty(process, 'arch', { value: 'another-${process.pid}' });
    const { diskLibrary, whyNoDiskLibrary } = await import(process.argv[1]);
    console.log(JSON.stringify([await diskLibrary(() => {}), whyNoDiskLibrary()]));`;
  const args = ['--input-type=module', '--eval', script, module];
  const printed = execFileSync(process.execPath, args, { env: { PATH: '/nowhere' } });
  const [found, why] = JSON.parse(printed.toString()) as [unknown, string];
  expect(found).toBeNull();
  expect(why).toMatch(/no C compiler: looked for cc, gcc and clang on PATH; install|is for Linux/);
});
