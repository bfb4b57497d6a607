/** What one has used, and what one may. */

import {get} from '../app/api.js';
import {h, vary} from '../app/element.js';
import {bytes, usd, words} from '../app/format.js';
import {panel} from '../app/panel.js';

const SHOWN = {bytes, usd, minutes: value => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} min`, s: value => `${Math.round(value).toLocaleString('en')} s`, '': value => value.toLocaleString('en')};

export function usagePage({signal}) {
  const usage = panel(() => get('/v1/usage', {}, signal), shown, 'usage');
  return h('div.page', {}, h('div.page-head', {}, h('h1', {tabindex: '-1'}, 'Usage')), usage.element);
}

/** Every number the API tells, with a meter where there is a limit to it. */
function shown(usage) {
  const limits = usage.quota ?? usage.limits ?? {};
  const numbers = Object.entries(usage).filter(([, value]) => typeof value === 'number');
  return h('dl.meters', {}, numbers.map(([name, value]) => {
    const limit = limits[name];
    return h('div.meter-card', {}, h('dt', {}, words(name.replace(/_(bytes|s|usd)$/, ''))), h('dd', {}, h('strong', {}, inUnits(name, value)),
      limit ? [h('span.fine', {}, ` of ${inUnits(name, limit)}`), vary(h('div.meter', {'aria-hidden': 'true'}, h('i')), {share: Math.min(1, value / limit)})] : null));
  }));
}

function inUnits(name, value) {
  const unit = Object.keys(SHOWN).find(known => known && (name === known || name.endsWith(`_${known}`))) ?? '';
  return SHOWN[unit](value);
}
