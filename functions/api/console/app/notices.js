/** What is said in passing: shown for a while, and read out. */

import {explain} from './api.js';
import {fill, h, icon, iconButton} from './element.js';

const SHOWN_MS = 7000;

const list = h('div.notices', {role: 'region', 'aria-label': 'Notifications'});
const polite = h('div.unseen', {role: 'status', 'aria-live': 'polite'});

/** Puts the place for notices on the page. */
export function placeNotices(parent) {
  parent.append(list, polite);
}

/** Says something without showing it. */
export function announce(text) {
  fill(polite, text);
}

/** Shows a sentence for a while. */
export function notify(text, kind = 'info') {
  const notice = h(`div.notice-card.${kind}`, {role: kind === 'error' ? 'alert' : null},
    icon(kind === 'error' ? 'warning' : 'check'), h('p', {}, text),
    iconButton('close', 'Dismiss', () => notice.remove()));
  list.append(notice);
  if (kind !== 'error') {
    announce(text);
    setTimeout(() => notice.remove(), SHOWN_MS);
  }
}

/** Shows what went wrong; what was given up on purpose is no error. */
export function notifyProblem(error) {
  if (error.name === 'AbortError') return;
  notify([explain(error), error.advice].filter(Boolean).join(' '), 'error');
}
