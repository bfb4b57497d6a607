/** The reference: the OpenAPI document as a page. */

import {fill, h, icon} from '../app/element.js';
import {words} from '../app/format.js';
import {problemBox} from '../app/panel.js';
import {get} from '../app/api.js';
import {applyTheme, themeButton} from '../app/theme.js';
import {prose} from './prose.js';
import {operationSection} from './operation.js';
import {schemaSection} from './schema.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const CODES = [
  ['401', 'Send a token, or another one: this one is expired or nobody’s.'], ['403', 'Your role may not do this.'],
  ['404', 'There is no such thing, or it is somebody else’s.'], ['409', 'It does not go together with what is there.'],
  ['412', 'It changed since you read it; read it again.'], ['413', 'It is too large, or over the quota.'],
  ['422', 'Some parameters are wrong; errors names them.'], ['429', 'Too many; Retry-After tells when to try again.'],
  ['503', 'Something it needs is away; Retry-After tells when to try again.'],
];

applyTheme();
const place = h('main', {id: 'main', tabindex: '-1'}, h('p.waiting', {}, 'Loading the reference …'));
document.body.replaceChildren(
  h('a.skip', {href: '#main', onclick: event => { event.preventDefault(); place.focus(); }}, 'Skip to content'),
  h('header.top', {}, h('a.brand', {href: '/', 'aria-label': 'Automations, console'}, icon('mark'), h('span', {}, 'Automations')),
    h('span.spring'), h('div.tools', {}, h('a.button.small', {href: '/openapi.json', download: 'openapi.json'}, icon('download'), 'openapi.json'), themeButton())),
  place);
show();

async function show() {
  try {
    const document_ = await get('/openapi.json');
    fill(place, page(document_));
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (error) {
    fill(place, h('h1', {}, 'API reference'), problemBox(error, show));
  }
}

function page({info, paths, components}) {
  const operations = Object.entries(paths).flatMap(([path, methods]) => METHODS.filter(method => methods[method]).map(method => ({method, path, ...methods[method]})));
  const groups = [...Map.groupBy(operations, operation => operation.tags?.[0] ?? 'other')].filter(([tag]) => tag !== 'console');
  const {schemas} = components;
  return h('div.reference', {},
    h('nav.contents', {'aria-label': 'Contents'}, h('a', {href: '#start'}, 'Getting started'), h('a', {href: '#errors'}, 'Errors'),
      groups.map(([tag, own]) => [h('h2', {}, words(tag)), own.map(operation => h('a', {href: `#${operation.operationId}`}, h(`span.method.${operation.method}`, {}, operation.method), h('span', {}, operation.summary?.replace(/\.$/, ''))))]),
      h('h2', {}, 'Schemas'), Object.keys(schemas).map(name => h('a', {href: `#schema-${name}`}, h('span', {}, name)))),
    h('div.chapters', {},
      start(info), errors(),
      groups.map(([tag, own]) => h('section.chapter', {}, h('h2', {id: `tag-${tag}`}, words(tag)), own.map(operation => operationSection(operation, schemas)))),
      h('section.chapter', {}, h('h2', {}, 'Schemas'), Object.entries(schemas).map(([name, schema]) => schemaSection(name, schema)))));
}

function start(info) {
  return h('section.chapter', {id: 'start'}, h('h1', {tabindex: '-1'}, 'API reference'), prose(info.description));
}

function errors() {
  return h('section.chapter', {id: 'errors'}, h('h2', {}, 'Errors'), h('p', {}, 'Errors are problem details (RFC 9457): switch on ', h('code', {}, 'code'), ', show ', h('code', {}, 'detail'), ', and keep ', h('code', {}, 'request_id'), ', which finds the request in the logs.'),
    h('dl.codes', {}, CODES.map(([status, meaning]) => [h('dt', {}, status), h('dd', {}, meaning)])));
}
