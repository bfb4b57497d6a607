/** One operation: who may use it, what it takes, what it answers with, and how to try it. */

import {copyable} from '../app/dialog.js';
import {h} from '../app/element.js';
import {prose} from './prose.js';
import {example, kindOf, properties, refName} from './schema.js';

const WHO = {anybody: 'Anybody', link: 'Whoever has the link', viewer: 'Viewers and above', editor: 'Editors and above', admin: 'Admins'};

export function operationSection(operation, schemas) {
  const {method, path, summary, description, parameters = [], requestBody, responses} = operation;
  const body = requestBody?.content?.['application/json']?.schema;
  return h('article.operation', {id: operation.operationId},
    h('div.told', {},
      h('h3', {}, summary), h('p.route', {}, h(`span.method.${method}`, {}, method), h('code', {}, path)),
      description && prose(description),
      h('p.fine', {}, WHO[operation['x-allowed']] ?? ''),
      parameters.length ? [h('h4', {}, 'Parameters'), h('dl.properties', {}, parameters.map(parameter))] : null,
      body ? [h('h4', {}, 'Body'), link(body), properties(resolved(body, schemas))] : null,
      h('h4', {}, 'Answers'), h('dl.codes', {}, Object.entries(responses).filter(([status]) => status < '400').map(([status, answer]) => [h('dt', {}, status), h('dd', {}, answer.description, ' ', answerKind(answer))])),
      h('p.fine', {}, h('a', {href: '#errors'}, 'Errors'), ` ${Object.keys(responses).filter(status => status >= '400').join(', ')}`)),
    h('div.tried', {}, copyable(curl(operation, body, schemas), 'Copy')));
}

function parameter({name, required, schema, description}) {
  return [h('dt', {}, h('code', {}, name), required ? h('span.required', {}, 'required') : null), h('dd', {}, h('span.kind', {}, kindOf(schema)), description ? ` ${description}` : '')];
}

function link(schema) {
  const name = refName(schema);
  return name ? h('p.fine', {}, h('a', {href: `#schema-${name}`}, name)) : null;
}

function answerKind(answer) {
  const [[type, content] = []] = Object.entries(answer.content ?? {});
  if (!type) return null;
  const name = refName(content.schema ?? {});
  return name ? h('a', {href: `#schema-${name}`}, name) : h('code', {}, type);
}

function resolved(schema, schemas) {
  return schemas[refName(schema)] ?? schema;
}

function curl({method, path, parameters = [], 'x-allowed': allowed}, body, schemas) {
  const query = parameters.filter(one => one.in === 'query' && one.required).map(one => `${one.name}=…`).join('&');
  const lines = [`curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${location.origin}${path.replaceAll(/\{(\w+)\}/g, (_, name) => `$${name.toUpperCase()}`)}${query ? `?${query}` : ''}"`];
  if (allowed !== 'anybody' && allowed !== 'link') lines.push('-H "Authorization: Bearer $TOKEN"');
  if (body) lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(example(resolved(body, schemas), schemas), null, 2)}'`);
  return lines.join(' \\\n  ');
}
