/** The page as a browser gets it: its own HTML and style, in the colours of the report. */
import { readFileSync } from 'node:fs';
import { styleOf } from '../report/style.ts';

const read = (name: string) => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');

const html = read('page.html');
const css = ['page.css', 'way.css', 'narrow.css'].map(read);

export const pageText = () => html;
export const styleText = () => [styleOf([]), ...css].join('\n');
