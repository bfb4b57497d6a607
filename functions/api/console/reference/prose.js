/** Descriptions: paragraphs with code and emphasis, which is all that they use of Markdown. */

import {h} from '../app/element.js';

/** Makes the paragraphs of a description. */
export function prose(text) {
  return text.split(/\n{2,}/).map(paragraph => h('p', {}, paragraph.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(piece => {
    if (piece.startsWith('`')) return h('code', {}, piece.slice(1, -1));
    if (piece.startsWith('**')) return h('strong', {}, piece.slice(2, -2));
    return piece;
  })));
}
