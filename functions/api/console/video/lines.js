/**
 * What is said and what stands on screen, line by line; each leads to its second and shows when it is there. What is
 * rather a guess is marked, and what only a model says.
 */

import {h} from '../app/element.js';
import {clock} from '../app/format.js';
import {holds, marked} from '../app/marks.js';
import {emptyState} from '../app/panel.js';

const GONE_S = 0.25;
const ROUGH_BELOW = 0.5; // confidence, as in a transcript that is rough

/**
 * Makes a list of lines.
 * @param {Array<{start_s: number, end_s: number, text: string, notes: Node[]}>} lines The lines, in time order.
 * @param {string} query What to look for in them; empty for all.
 * @param {Playhead} playhead What they lead to.
 * @param {AbortSignal} signal Tells when the list is gone.
 */
export function lineList(lines, query, playhead, signal) {
  const shown = query ? lines.filter(line => holds(line.text, query)) : lines;
  if (!shown.length) return emptyState('No line has these words');
  const rows = shown.map(line => h('li', {}, h('button.line', {type: 'button', onclick: () => playhead.seek(line.start_s)},
    h('time', {}, clock(line.start_s)), h('span', {}, query ? marked(line.text, query) : line.text, line.notes))));
  const list = h('ol.lines', {}, rows);
  let last = null;
  playhead.watch(time_s => {
    const at = shown.findLastIndex(line => line.start_s <= time_s + 0.01 && time_s < line.end_s + GONE_S);
    if (at === last) return;
    rows[last]?.firstChild.removeAttribute('aria-current');
    rows[at]?.firstChild.setAttribute('aria-current', 'true');
    last = at;
    if (at >= 0 && playhead.isPlaying && !list.contains(document.activeElement)) bringIntoView(rows[at], list);
  }, signal);
  return list;
}

// The space is for those who hear it.
const note = (words, title = null) => h('small.doubt', {title}, ` ${words}`);

/** Says of a text that it is more likely wrong than right. */
export const guess = () => note('a guess', 'More likely wrong than right');

const unverified = () => note('not verified', 'A model says so; nothing on the device has read or heard it there');

/** Tells whether a line is more likely wrong than right. */
export const isRough = line => line.confidence < ROUGH_BELOW;

/** Returns the lines of some names, such as words, from what was found. */
export function linesOf(findings, ...names) {
  return findings
    .filter(finding => names.includes(finding.name) && typeof finding.value === 'string')
    .map(({name, start_s, end_s, value, confidence, verified}) => ({
      start_s, end_s, text: value, confidence,
      notes: [name === 'qr_code' && note('QR code'), isRough({confidence}) && guess(), verified === false && unverified()],
    }))
    .sort((one, other) => one.start_s - other.start_s);
}

/** Scrolls the list, and never the page. */
function bringIntoView(row, list) {
  const box = list.closest('.tab-panel');
  if (!box || box.scrollHeight <= box.clientHeight) return;
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  box.scrollTo({top: row.offsetTop - box.clientHeight / 3, behavior: isCalm ? 'auto' : 'smooth'});
}
