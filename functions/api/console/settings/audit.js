/** Who did what. */

import {ago} from '../app/ages.js';
import {get} from '../app/api.js';
import {h} from '../app/element.js';
import {words} from '../app/format.js';
import {emptyState, panel} from '../app/panel.js';
import {videoAddress} from '../app/router.js';

const MOST = 100;
const DEEDS = {
  change_video: 'Edited a video', erase_video: 'Deleted a video', replay_video: 'Ran a video again',
  put_tag: 'Added or confirmed a tag of a video', remove_tag: 'Took a tag off a video',
  start_upload: 'Began an upload', cancel_upload: 'Gave up an upload', start_import: 'Began an import',
  make_key: 'Made an API key', delete_key: 'Revoked an API key',
  create_webhook: 'Made a webhook', change_webhook: 'Changed a webhook', delete_webhook: 'Deleted a webhook',
  rotate_secret: 'Made a new secret for a webhook', test_webhook: 'Sent a test event', redeliver: 'Sent an event again',
  request_export: 'Asked for an export',
};
const ABOUT_VIDEOS = new Set(['change_video', 'replay_video', 'put_tag', 'remove_tag']);

export function auditSection(signal) {
  const load = async () => {
    const [{entries}, {videos}] = await Promise.all([get('/v1/audit', {limit: MOST}, signal), get('/v1/videos', {limit: MOST, fields: 'id,title'}, signal)]);
    return {entries, titles: new Map(videos.map(({id, title}) => [id, title]))};
  };
  return [h('p.lead', {}, 'Everything that somebody changed, newest first.'), panel(load, shown, 'the log').element];
}

function shown({entries, titles}) {
  if (!entries.length) return emptyState('Nothing has been changed yet', h('p', {}, 'Uploads, edits, deletions and settings are listed here, with who did it.'));
  return h('div.table-scroll', {tabindex: '0', role: 'region', 'aria-label': 'Audit log'}, h('table', {},
    h('thead', {}, h('tr', {}, ['When', 'Who', 'Did', 'To'].map(name => h('th', {scope: 'col'}, name)))),
    h('tbody', {}, entries.map(({at, subject, operation, target}) =>
      h('tr', {}, h('td', {}, ago(at)), h('td', {}, subject), h('td', {}, DEEDS[operation] ?? words(operation)), h('td', {}, thing(operation, target, titles)))))));
}

/** Names what was changed; older videos, whose titles are not at hand, by their ids. */
function thing(operation, target, titles) {
  if (!ABOUT_VIDEOS.has(operation)) return h('code', {}, target);
  return h('a', {href: videoAddress(target)}, titles.get(target) ?? h('code', {}, target));
}
