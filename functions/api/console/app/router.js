/** Which page is shown: what stands after the `#` of the address. */

/**
 * Shows pages as the address says, until the signal.
 * @param {Array<[RegExp, function]>} routes What an address looks like, and what makes its page of the groups and
 *     the query; the last one takes every address. A page gets a signal that tells when it is left.
 * @param {function(Node)} show Puts a page on the screen.
 */
export function startRouter(routes, show, signal) {
  let page = null;
  let shown = '';
  const open = () => {
    const [path, query = ''] = location.hash.slice(1).split('?');
    const address = path || '/';
    // Only the time changed: the page that is there follows it.
    if (address === shown && page?.follow?.(new URLSearchParams(query))) return;
    page?.leave.abort();
    shown = address;
    const leave = new AbortController();
    const [pattern, make] = routes.find(([known]) => known.test(address));
    const parameters = (address.match(pattern) ?? []).slice(1).map(decodeURIComponent);
    const made = make(...parameters, {query: new URLSearchParams(query), signal: leave.signal});
    page = {leave, follow: made.follow};
    show(made.element ?? made);
  };
  addEventListener('hashchange', open, {signal});
  signal.addEventListener('abort', () => page?.leave.abort());
  open();
}

/** Goes to a page. */
export function go(path) {
  location.hash = path;
}

/** The address of a video's page, and of a second in it. */
export function videoAddress(id, time_s = null) {
  return `#/videos/${encodeURIComponent(id)}${time_s === null ? '' : `?t=${Number(time_s).toFixed(2)}`}`;
}
