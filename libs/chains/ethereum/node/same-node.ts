/** Whether two URLs lead to one node: scheme, host case, default port, a dot or slash at the end and who is asking make no difference. */
export const sameNode = (one: string, other: string): boolean => placeOf(one) === placeOf(other);

function placeOf(url: string): string {
  const { protocol, hostname, port, pathname, search } = new URL(url); // has lower-cased scheme and host, and dropped the default port
  // http and https of one host without a port are two ports of one node
  const place = `${hostname.replace(/\.$/, '')}:${port || (/^(https?|wss?):$/.test(protocol) ? 'default' : protocol)}`;
  return `${place}${pathname.replace(/\/+$/, '')}${search}`;
}
