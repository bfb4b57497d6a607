/** How long ago things were, which goes on being true while they are shown. */

import {fill, h} from './element.js';
import {age, instant} from './format.js';

const EVERY_MS = 30_000;

/** Makes a text like `3 hours ago`. */
export function ago(value) {
  return h('time.age', {datetime: value, title: instant(value)}, age(value));
}

/** Keeps every age on the page true, until the signal. */
export function keepAges(signal) {
  const timer = setInterval(() => document.querySelectorAll('time.age').forEach(shown => fill(shown, age(shown.dateTime))), EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}
