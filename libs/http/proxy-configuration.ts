import { routeTable, type HttpRoom } from './route-table.js';

export interface Upstream {
  /** host:port */
  readonly address: string;
  /** Takes no requests for now. */
  readonly down?: boolean;
}
export interface ProxyPlan {
  /** [address:]port */
  readonly listen: string;
  readonly upstreams: Readonly<Record<HttpRoom, readonly Upstream[]>>;
}

/**
 * Paths whose POSTs may be sent again after they were sent once and no answer came: each carries an Idempotency-Key that the room keeps
 * (or, like a quote, moves nothing), so a second one finds what the first did. Any other POST is sent again only if it never left the proxy.
 */
export const repeatable: readonly (readonly [HttpRoom, string])[] = [
  ['reception', '/v1/clients'],
  ['reception', '/v1/keys'],
  ['custody', '/v1/custody/withdrawals'],
  ['staking', '/v1/staking'],
  ['rewards', '/v1/rewards'],
];

const quoted = (prefix: string): string => prefix.replaceAll('.', '\\.');
const pattern = (prefix: string): string => (prefix === '/' ? '^/$' : `^${quoted(prefix)}(/|$)`);

function upstream(room: string, servers: readonly Upstream[]): string {
  // One that fails twice rests for a second. A room's own 503 is an answer, not a failure: without its database no instance would do better.
  const lines = servers.map(({ address, down }) => `  server ${address} max_fails=2 fail_timeout=1s${down ? ' down' : ''};`);
  return [`upstream ${room} {`, ...lines, '}'].join('\n');
}

/** A problem document that the proxy gives itself. */
const problem = (status: number, code: string, title: string, detail: string, retryable: boolean): string =>
  JSON.stringify({
    type: `/problems/${code.replaceAll(/[._]/g, '-')}`,
    title,
    status,
    detail,
    code,
    retryable,
    ...(retryable ? { retry_after_s: 1 } : {}),
    instance: '/v1/requests/$kept_request_id',
  }).replaceAll("'", '’');

/** The house's route table in the words of a stock nginx: what stands inside its `http` block. */
export function proxyConfiguration({ listen, upstreams }: ProxyPlan): string {
  const rooms = Object.keys(routeTable) as HttpRoom[];
  const routes = rooms.flatMap((room) =>
    routeTable[room].map((prefix) => `  location ~ ${pattern(prefix)} { proxy_pass http://${room}; }`),
  );
  const again = repeatable.map(
    ([room, prefix]) => `  location ~ ${pattern(prefix)} { proxy_pass http://${room}; proxy_next_upstream error timeout non_idempotent; }`,
  );
  const health = rooms.map(
    (room) => `  location ~ ^/health/(live|ready)/${room}$ { rewrite ^/health/(live|ready)/ /health/$1 break; proxy_pass http://${room}; }`,
  );
  return `# The route table of the house (libs/http/route-table.ts) for a stock nginx, written by libs/http/proxy-configuration.ts.
${rooms.map((room) => upstream(room, upstreams[room])).join('\n')}

# A caller's request id is kept when it is fit for logs, as the rooms do; one id for every instance that is tried.
map $http_x_request_id $kept_request_id {
  "~^[A-Za-z0-9._:-]{8,128}$" $http_x_request_id;
  default req_$request_id;
}

server {
  listen ${listen};
  client_max_body_size 1m; # the rooms refuse above 64 KiB, in the house's words
  client_body_buffer_size 1m;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Request-Id $kept_request_id;
  proxy_connect_timeout 2s;
  proxy_read_timeout 45s;
  proxy_max_temp_file_size 0;

  # An instance that is gone: the next one is asked. What nginx calls idempotent is sent again whenever no answer came; a POST only when it was
  # never sent, or where the paths below say that its Idempotency-Key makes it safe.
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 4;
  proxy_next_upstream_timeout 60s;

  # What the proxy itself has to say is said in the house's words too.
  error_page 502 504 = @unavailable;
  error_page 413 = @too_large;
  location @unavailable {
    internal;
    default_type application/problem+json;
    add_header Retry-After 1 always;
    add_header X-Request-Id $kept_request_id always;
    return 503 '${problem(503, 'unavailable', 'Something this needs is not available.', 'No instance answered. Send the same request again, with the same Idempotency-Key.', true)}';
  }
  location @too_large {
    internal;
    default_type application/problem+json;
    add_header X-Request-Id $kept_request_id always;
    return 413 '${problem(413, 'body.too_large', 'The body is larger than 64 KiB.', 'Send at most 64 KiB.', false)}';
  }

  location = /health/live { default_type application/json; return 200 '{"status":"ok"}'; }
${health.join('\n')}

${again.join('\n')}

${routes.join('\n')}
  # everything else: reception says in the house's words that there is nothing
  location / { proxy_pass http://reception; }
}
`;
}

/** The composed deployment (docker-compose.yml): each room by its service's name, however many instances that is. */
export const composed: ProxyPlan = {
  listen: '8080',
  upstreams: {
    reception: [{ address: 'reception:8101' }],
    compliance: [{ address: 'compliance:8102' }],
    custody: [{ address: 'custody:8103' }],
    staking: [{ address: 'staking:8104' }],
    rewards: [{ address: 'rewards:8105' }],
  },
};
