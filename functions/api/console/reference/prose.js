/** Descriptions: the little Markdown that they use. */

import {h} from '../app/element.js';

const FENCED = /```\w*\n([\s\S]*?)```/;
const INDENTED = /((?:^ {4}.*\n?|^\n(?= {4}))+)/m;
const PIECE = /(``[^`]+``|`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\(https:[^)]+\))/;

/** Makes the paragraphs and the code of a description. */
export function prose(text) {
  return text.split(FENCED).flatMap((part, index) => index % 2 ? code(part) : unfenced(part));
}

function unfenced(text) {
  return text.split(INDENTED).flatMap((part, index) => index % 2
    ? code(part.replaceAll(/^ {4}/gm, ''))
    : part.split(/\n{2,}/).filter(paragraph => paragraph.trim()).map(paragraph => h('p', {}, paragraph.split(PIECE).map(inline))));
}

function code(text) {
  return h('pre.example', {tabindex: '0'}, h('code', {}, text.trimEnd()));
}

function inline(piece) {
  if (piece.startsWith('`')) return h('code', {}, piece.replaceAll('`', ''));
  if (piece.startsWith('**')) return h('strong', {}, piece.slice(2, -2));
  const [, name, address] = piece.match(/^\[(.+)\]\((https:.+)\)$/) ?? [];
  return address ? h('a', {href: address, rel: 'noreferrer'}, name) : piece;
}
