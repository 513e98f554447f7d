import { type Answer, answer } from '#http';

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c);

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #888; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h1 + p { color: var(--soft); margin-top: 0; }
table { border-collapse: collapse; width: 100%; margin-top: 1.5rem; } th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .85rem; color: var(--soft); } code, pre { font: .9em/1.5 ui-monospace, monospace; } pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
a { color: inherit; } .grid { display: grid; gap: .5rem 1.5rem; grid-template-columns: max-content 1fr; margin: 1.5rem 0; } .grid dd { margin: 0; }`;

/** A page of our own: no script, nothing from elsewhere. */
export const page = (title: string, body: string): Answer =>
  answer({
    status: 200,
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head><body>${body}</body></html>
`,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  });

/** A browser asks for HTML; programs get JSON. */
export const wantsHtml = (accept: string | undefined): boolean => (accept ?? '').includes('text/html');
