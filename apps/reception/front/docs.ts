import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Answer, answer } from '#http';
import { refuse, Refused } from '#kernel';

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The only files of Swagger UI that are served, from our own address. */
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const start = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, docExpansion: 'list',
    defaultModelsExpandDepth: 0, displayRequestDuration: true, filter: true, tryItOutEnabled: true, syntaxHighlight: { theme: 'nord' },
  });
};
`;

const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bailee API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/swagger-ui.css">
<style>body { margin: 0; background: #fff; } .swagger-ui .info { margin: 2rem 0 1rem; } .swagger-ui .information-container, .swagger-ui .wrapper { max-width: 76rem; }</style>
</head><body><div id="swagger-ui"></div><noscript>This page needs JavaScript; the same is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;

export const docsPage = (): Answer =>
  answer({
    status: 200,
    body: html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  });

/** Throws Refused not_found for anything that is not on the list. */
export async function docsAsset(name: string): Promise<Answer> {
  const type = Object.hasOwn(assets, name) ? assets[name] : undefined;
  if (name === 'start.js') return file(start, 'text/javascript; charset=utf-8');
  if (type === undefined) throw new Refused(refuse('not_found', 'There is no such file.').refusal);
  return file(await readFile(join(folder, name)), type);
}

const file = (body: string | Buffer, type: string): Answer =>
  answer({
    status: 200,
    body,
    headers: { 'content-type': type, 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' },
  });
