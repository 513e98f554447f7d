import { Controller, Get, Headers, Inject, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Answer, type ListedProblem, kebab, type OpenapiDocument, Public } from '#http';
import { refuse, Refused } from '#kernel';
import type { BuiltFile } from './built-files.js';
import { docsAsset, docsPage } from './docs.js';
import { escapeHtml, page, wantsHtml } from './page.js';

export const OPENAPI = 'reception.openapi';
export const PROBLEMS = 'reception.problems';

const links = { documentation: '/docs', openapi: '/openapi.json', problems: '/problems', health: '/health/ready' };

/** What is there before one is a client: a first page, the documentation, the description, the problems. */
@ApiExcludeController()
@Public()
@Controller()
export class FrontController {
  constructor(
    @Inject(OPENAPI) private readonly document: BuiltFile<OpenapiDocument>,
    @Inject(PROBLEMS) private readonly problems: BuiltFile<ListedProblem[]>,
  ) {}

  @Get()
  index(@Headers('accept') accept?: string): object {
    return wantsHtml(accept)
      ? page('Bailee', indexBody)
      : { name: 'Bailee', description: 'Custodial staking, every unit accounted for.', links };
  }

  @Get('docs')
  docs(): Answer {
    return docsPage();
  }

  @Get('docs/:asset')
  async asset(@Param('asset') name: string): Promise<Answer> {
    return docsAsset(name);
  }

  @Get('openapi.json')
  openapi(): Promise<OpenapiDocument> {
    return this.document.read();
  }

  @Get('problems')
  async list(@Headers('accept') accept?: string): Promise<object> {
    const problems = await this.problems.read();
    return wantsHtml(accept) ? page('Bailee problems', listBody(problems)) : { data: problems.map(view) };
  }

  @Get('problems/:name')
  async one(@Param('name') name: string, @Headers('accept') accept?: string): Promise<object> {
    const problem = (await this.problems.read()).find((listed) => kebab(listed.code) === name);
    if (!problem) throw new Refused(refuse('not_found', 'No room declares a problem of this name.').refusal);
    return wantsHtml(accept) ? page(problem.code, oneBody(problem)) : view(problem);
  }
}

const view = (problem: ListedProblem): object => ({ type: `/problems/${kebab(problem.code)}`, ...problem });

const indexBody = `<h1>Bailee</h1><p>Custodial staking, every unit accounted for.</p>
<dl class="grid">
<dt><a href="/docs">/docs</a></dt><dd>the API, to read and to try</dd>
<dt><a href="/openapi.json">/openapi.json</a></dt><dd>the same for programs, OpenAPI 3.1</dd>
<dt><a href="/problems">/problems</a></dt><dd>every refusal and what it means</dd>
</dl>
<p>Sign up, and keep the <code>api_key</code> of the answer: it is shown once.</p>
<pre>curl -X POST -H "Idempotency-Key: $(uuidgen)" -H "Content-Type: application/json" -d '{}' &lt;this address&gt;/v1/clients</pre>`;

const listBody = (problems: readonly ListedProblem[]): string => `<h1>Problems</h1>
<p>Every refusal of this API is <code>application/problem+json</code> (RFC 9457) with one of these codes.</p>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>Same request later?</th></tr></thead><tbody>
${problems
  .map(
    (p) =>
      `<tr><td><a href="/problems/${kebab(p.code)}"><code>${escapeHtml(p.code)}</code></a></td><td>${p.status}</td><td>${escapeHtml(p.title)}</td><td>${p.retryable ? 'may succeed' : 'no'}</td></tr>`,
  )
  .join('\n')}
</tbody></table>`;

const oneBody = (p: ListedProblem): string => `<h1><code>${escapeHtml(p.code)}</code></h1><p>${escapeHtml(p.title)}</p>
<dl class="grid"><dt>HTTP status</dt><dd>${p.status}</dd><dt>Answered by</dt><dd>${escapeHtml(p.room)}</dd>
<dt>The same request later</dt><dd>${p.retryable ? 'may succeed without a change: honour Retry-After' : 'gets the same answer: change the request'}</dd></dl>
<p><a href="/problems">All problems</a></p>`;
