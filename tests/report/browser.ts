/** A real browser for tests, out of an npm package that brings all it needs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { vi } from 'vitest';

/** The package holds a browser for these only. */
export const HAS_BROWSER = process.platform === 'linux' && process.arch === 'x64';

/** Makes the package unpack the libraries that a plain system lacks. */
const WITH_LIBRARIES = 'AWS_Lambda_nodejs22.x';

/** Checks of a whole page answer late on a busy machine. */
const ANSWER_MS_MAX = 180_000;

/** Unpacks the browser into `folder` and starts it; whoever called closes it and removes that. */
export async function openBrowser(folder: string): Promise<Browser> {
  const fonts = join(folder, 'font-settings');
  await mkdir(fonts);
  await writeFile(
    join(fonts, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>`,
  );
  const temporary = tmpdir();
  vi.stubEnv('TMPDIR', folder);
  vi.stubEnv('FONTCONFIG_PATH', fonts);
  vi.stubEnv('AWS_EXECUTION_ENV', WITH_LIBRARIES);
  try {
    return await launch();
  } finally {
    // The browser's alone: the folder is closed to the plain user that PostgreSQL runs as, so a lab
    // that the test starts may not keep its servers' files there.
    vi.stubEnv('TMPDIR', temporary);
  }
}

async function launch(): Promise<Browser> {
  const { default: chromium } = await import('@sparticuz/chromium');
  const { default: puppeteer } = await import('puppeteer-core');
  chromium.setGraphicsMode = false;
  return await puppeteer.launch({
    executablePath: await chromium.executablePath(),
    headless: 'shell',
    protocolTimeout: ANSWER_MS_MAX,
    // A page of our own needs no sandbox, which root could not have.
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
}
