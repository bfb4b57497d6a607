/** Schemas in words. */

import {h} from '../app/element.js';

const DEPTH = 3;

/** The name of the schema that one refers to; empty for one that stands where it is used. */
export function refName(schema) {
  return schema?.$ref?.split('/').at(-1) ?? '';
}

/** What a value is, in a few words, with links to the schemas it is made of. */
export function kindOf(schema) {
  if (!schema) return ['anything'];
  const name = refName(schema);
  if (name) return [h('a', {href: `#schema-${name}`}, name)];
  if (schema.anyOf) return schema.anyOf.flatMap((one, index) => index ? [' or ', ...kindOf(one)] : kindOf(one));
  if (schema.enum) return [schema.enum.map(value => JSON.stringify(value)).join(' or ')];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.type === 'array') return schema.prefixItems ? [`list of ${schema.prefixItems.length} `, ...kindOf(schema.prefixItems[0])] : ['list of ', ...kindOf(schema.items)];
  if (schema.type === 'object') return schema.additionalProperties ? ['map to ', ...kindOf(schema.additionalProperties)] : ['object'];
  return [[schema.type, schema.format && `(${schema.format})`, limits(schema)].filter(Boolean).join(' ') || 'anything'];
}

/** The properties of an object. */
export function properties(schema) {
  const own = Object.entries(schema.properties ?? {});
  if (!own.length) return h('p.fine', {}, kindOf(schema));
  return h('dl.properties', {}, own.map(([name, one]) => [
    h('dt', {}, h('code', {}, name), schema.required?.includes(name) ? h('span.required', {}, 'required') : null),
    h('dd', {}, h('span.kind', {}, kindOf(one)), one.description ? ` ${one.description}` : ''),
  ]));
}

/** A schema by its name. */
export function schemaSection(name, schema) {
  return h('article.schema', {id: `schema-${name}`}, h('h3', {}, name), schema.description && h('p.fine', {}, schema.description.split('\n\n')[0]), properties(schema));
}

/** A value that fits a schema, as far as its required parts go. */
export function example(schema, schemas, depth = 0) {
  const known = schemas[refName(schema)] ?? schema;
  if (known.examples) return known.examples[0];
  if (known.enum) return known.enum[0];
  if (known.anyOf) return example(known.anyOf[0], schemas, depth);
  if (known.type === 'object') {
    const names = Object.keys(known.properties ?? {});
    const shown = known.required?.length ? names.filter(name => known.required.includes(name)) : names.slice(0, 2);
    return depth > DEPTH ? {} : Object.fromEntries(shown.map(name => [name, example(known.properties[name], schemas, depth + 1)]));
  }
  if (known.type === 'array') return [];
  return {integer: known.minimum ?? 1, number: known.minimum ?? 1, boolean: true, null: null}[known.type] ?? '…';
}

function limits({minimum, maximum, exclusiveMinimum, minLength, maxLength, default: preset}) {
  const told = [];
  if (minimum !== undefined) told.push(`≥ ${minimum}`);
  if (exclusiveMinimum !== undefined) told.push(`> ${exclusiveMinimum}`);
  if (maximum !== undefined) told.push(`≤ ${maximum}`);
  if (minLength !== undefined || maxLength !== undefined) told.push(`${minLength ?? 0}–${maxLength ?? '…'} characters`);
  if (preset !== undefined && preset !== null && preset !== '') told.push(`default ${JSON.stringify(preset)}`);
  return told.join(', ');
}
