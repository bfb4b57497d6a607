/** Marking what was looked for. */

import {h} from './element.js';

/** Returns a text in pieces, those that begin with a word of the query marked. */
export function marked(text, query) {
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (!words.length) return [text];
  const pattern = new RegExp(`((?<![\\p{L}\\p{N}])(?:${words.join('|')})[\\p{L}\\p{N}]*)`, 'giu');
  return text.split(pattern).map((piece, index) => index % 2 ? h('mark', {}, piece) : piece);
}

/** Tells whether a text has all words of a query somewhere. */
export function holds(text, query) {
  const lower = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every(word => lower.includes(word));
}
