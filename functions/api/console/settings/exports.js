/** Exports: everything of an owner's in one archive. */

import {ago} from '../app/ages.js';
import {get, post} from '../app/api.js';
import {dotted, h, icon} from '../app/element.js';
import {bytes, counted, words} from '../app/format.js';
import {notify, notifyProblem} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';

export function exportsSection(signal) {
  const list = panel(async () => (await get('/v1/exports', {}, signal)).exports, all => all.length ? h('ul.rows', {}, all.map(row)) : emptyState('No exports yet', h('p', {}, 'An export is one archive with every file and everything known about each.')), 'exports');
  const begin = () => post('/v1/exports').then(() => { notify('The export is being made.'); list.reload(); }).catch(notifyProblem);
  return [
    h('p.lead', {}, 'An export holds all of your videos and everything known about them, to keep or to take elsewhere.'),
    h('p.row-of-buttons', {}, h('button.primary', {type: 'button', onclick: begin}, icon('plus'), 'New export'), h('button', {type: 'button', onclick: () => list.reload()}, icon('replay'), 'Look again')), list.element,
  ];
}

function row(one) {
  return h('li', {}, h('div', {}, h('strong', {}, words(one.state)), h('p.fine', {}, dotted(['asked for ', ago(one.requested_at)], one.state === 'ready' && `${counted(one.videos, 'video')}, ${bytes(one.size_bytes)}`, one.expires_at && ['removed ', ago(one.expires_at)], one.reason))),
    one.url ? h('a.button.small', {href: one.url, download: ''}, icon('download'), 'Download') : null);
}
