/** The API as the console uses it. */

import {session} from './session.js';

/** An error that the API answered with, or that kept it from answering. */
export class Problem extends Error {
  constructor({status, code, title, detail, errors = [], request_id = ''}, retryAfter_s = null) {
    super(detail);
    Object.assign(this, {status, code, title, detail, errors, requestId: request_id, retryAfter_s});
  }

  /** What to do about it, in a sentence; empty where the detail says it. */
  get advice() {
    if (this.retryAfter_s !== null) return `Try again in ${this.retryAfter_s} s.`;
    if (this.status === 0) return 'Check the connection, and whether the server runs.';
    if (this.status === 403) return 'Log in with a token of a higher role, or ask an admin.';
    if (this.status === 412) return 'Somebody changed it meanwhile: load it again, then repeat the change.';
    if (this.status >= 500) return 'Try again; if it stays like this, look the request up in the logs.';
    return '';
  }
}

/** What went wrong, in a sentence for a person; what only a programmer understands goes to the browser's console. */
export function explain(error) {
  if (error.detail) return error.detail;
  console.error(error);
  return 'This page made a mistake. Load it again; if that does not help, the browser’s console says more.';
}

let onExpired = () => {};

/** Sets what happens when a token does not work (any more). */
export function whenExpired(handler) {
  onExpired = handler;
}

/** Sends a request and returns the response, whose status is a success; throws a Problem otherwise. */
export async function send(method, path, {body, headers = {}, signal, token = session.token} = {}) {
  const sent = {...headers};
  if (token) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined) sent['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {method, headers: sent, signal, body: body === undefined ? undefined : JSON.stringify(body)});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem({status: 0, code: 'unreachable', title: 'No answer', detail: 'The server can’t be reached.'});
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && token === session.token) onExpired(problem);
  throw problem;
}

async function problemOf(response) {
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const retryAfter_s = Number.isNaN(retryAfter) ? null : retryAfter;
  if (response.headers.get('Content-Type')?.startsWith('application/problem+json')) {
    return new Problem(await response.json(), retryAfter_s);
  }
  const detail = `The server answered ${response.status}${response.statusText ? ` (${response.statusText})` : ''}.`;
  return new Problem({status: response.status, code: 'no_problem_details', title: 'Unexpected answer', detail}, retryAfter_s);
}

async function json(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

/** Reads JSON. Parameters that are null are left out. */
export const get = (path, query = {}, signal = undefined) => json('GET', withQuery(path, query), {signal});

/** Posts JSON; the same key in a repetition does the work once. */
export const post = (path, body = undefined, key = crypto.randomUUID()) =>
  json('POST', path, {body, headers: {'Idempotency-Key': key}});
export const put = (path, body) => json('PUT', path, {body});
export const remove = path => json('DELETE', path);

/** Reads JSON together with its entity tag, for a change later on. */
export async function getTagged(path) {
  const response = await send('GET', path);
  return {value: await response.json(), etag: response.headers.get('ETag')};
}

/** Changes a thing, unless it changed since its entity tag was read. */
export const patch = (path, body, etag = null) => json('PATCH', path, {body, headers: etag ? {'If-Match': etag} : {}});

/** Saves what a path answers with as a file. */
export async function download(path, name) {
  save(await (await send('GET', path)).blob(), name);
}

/** Saves something as a file. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Puts a name into a path. */
export const part = encodeURIComponent;

function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
