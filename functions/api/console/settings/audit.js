/** Who did what. */

import {get} from '../app/api.js';
import {h} from '../app/element.js';
import {age, instant, words} from '../app/format.js';
import {emptyState, panel} from '../app/panel.js';

export function auditSection(signal) {
  const load = async () => (await get('/v1/audit', {limit: 100}, signal)).entries;
  return [h('p.lead', {}, 'Everything that somebody changed, newest first.'), panel(load, shown, 'the log').element];
}

function shown(entries) {
  if (!entries.length) return emptyState('Nothing has been changed yet', h('p', {}, 'Uploads, edits, deletions and settings are listed here, with who did it.'));
  return h('div.table-scroll', {tabindex: '0', role: 'region', 'aria-label': 'Audit log'}, h('table', {},
    h('thead', {}, h('tr', {}, ['When', 'Who', 'Did', 'To'].map(name => h('th', {scope: 'col'}, name)))),
    h('tbody', {}, entries.map(({at, subject, operation, target}) =>
      h('tr', {}, h('td', {title: instant(at)}, age(at)), h('td', {}, subject), h('td', {}, words(operation)), h('td', {}, h('code', {}, target)))))));
}
