/** What one has used, and what one may. */

import {get} from '../app/api.js';
import {h, vary} from '../app/element.js';
import {bytes, duration, usd} from '../app/format.js';
import {panel} from '../app/panel.js';

const count = value => value.toLocaleString('en');
const NUMBERS = [
  ['videos', 'Videos', count], ['unfinished', 'In progress', count], ['source_bytes', 'Stored, as uploaded', bytes],
  ['media_s', 'Length of all videos', duration], ['model_usd', 'Models, at list price', usd],
  ['model_day_usd', 'Models, today (UTC)', usd],
];

export function usagePage({signal}) {
  const usage = panel(() => get('/v1/usage', {}, signal), shown, 'usage');
  return h('div.page', {}, h('div.page-head', {}, h('h1', {tabindex: '-1'}, 'Usage')), usage.element);
}

function shown(usage) {
  return h('dl.meters', {}, NUMBERS.map(([name, label, said]) => {
    const [value, limit] = [usage[name], usage.quota[name]];
    return h('div.meter-card', {}, h('dt', {}, label), h('dd', {}, h('strong', {}, said(value)),
      limit ? [h('span.fine', {}, ` of ${said(limit)}`), vary(h('div.meter', {'aria-hidden': 'true'}, h('i')), {share: Math.min(1, value / limit)})] : h('span.fine', {}, name === 'model_usd' ? ' in all runs' : ' without a limit')));
  }));
}
