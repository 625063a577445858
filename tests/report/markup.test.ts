import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromMarkdown, html } from '../../report/markup.ts';

test('texts are escaped, markup is not, lists are joined', () => {
  const items = ['a<b', '"c"'].map((text) => html`<li>${text}</li>`);
  expect(html`<ul title="${'"&'}">${items}${undefined}</ul>`.text).toBe(
    '<ul title="&quot;&amp;"><li>a&lt;b</li><li>&quot;c&quot;</li></ul>',
  );
});

test('no text can leave its place', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const inner = html`<p>${text}</p>`.text.slice('<p>'.length, -'</p>'.length);
      expect(inner).not.toMatch(/[<>"]/);
    }),
  );
});

test('the Markdown of tables becomes markup, and only that', () => {
  expect(fromMarkdown('~~1~~ `a<b` **no**').text).toBe(
    '<s>1</s> <code>a&lt;b</code> <strong>no</strong>',
  );
  expect(fromMarkdown('<script>').text).toBe('&lt;script&gt;');
});
