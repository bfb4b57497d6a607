/** Who did what. */

import {get} from '../app/api.js';
import {h} from '../app/element.js';
import {age, instant, words} from '../app/format.js';
import {emptyState, panel} from '../app/panel.js';

export function auditSection(signal) {
  const load = async () => Object.values(await get('/v1/audit', {}, signal)).find(Array.isArray) ?? [];
  return [h('p.lead', {}, 'Everything that somebody changed, newest first.'), panel(load, shown, 'the log').element];
}

function shown(entries) {
  if (!entries.length) return emptyState('Nothing has been changed yet', h('p', {}, 'Uploads, edits, deletions and settings are listed here, with who did it.'));
  return h('div.table-scroll', {tabindex: '0', role: 'region', 'aria-label': 'Audit log'}, h('table', {},
    h('thead', {}, h('tr', {}, ['When', 'Who', 'Did', 'To'].map(name => h('th', {scope: 'col'}, name)))),
    h('tbody', {}, entries.map(entry => {
      const at = entry.at ?? entry.created_at ?? entry.occurred_at;
      return h('tr', {}, h('td', {title: at ? instant(at) : ''}, at ? age(at) : ''), h('td', {}, entry.subject ?? entry.by ?? entry.actor ?? ''), h('td', {}, words(entry.action ?? entry.operation ?? '')), h('td', {}, h('code', {}, entry.target ?? entry.about ?? entry.path ?? '')));
    }))));
}
