/** The shell lines and programs that stand in the documentation. */
import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url).pathname;

const pages = ['README.md', ...readdirSync(`${ROOT}docs`).map(name => `docs/${name}`)].filter(name =>
  name.endsWith('.md'),
);

function fences(language: string): { readonly page: string; readonly text: string }[] {
  return pages.flatMap(page => {
    const found = readFileSync(`${ROOT}${page}`, 'utf8').matchAll(
      new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'),
    );
    return [...found].map(([, text = '']) => ({ page, text }));
  });
}

/** Without comments. */
export const shellLines: readonly string[] = fences('sh').flatMap(({ text }) =>
  text
    .split('\n')
    .map(line => line.replace(/\s+#.*$/, ''))
    .filter(Boolean),
);

/** By page and place: `docs/mqtt.md 2`. */
export const programs: ReadonlyMap<string, string> = new Map(
  fences('js').map((fence, index, all) => {
    const place = all.slice(0, index + 1).filter(({ page }) => page === fence.page).length;
    return [`${fence.page} ${place}`, fence.text];
  }),
);
