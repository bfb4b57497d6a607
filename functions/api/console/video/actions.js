/** What one can do to a video: edit what is said about it, replace it, run it again, delete it. */

import {getTagged, part, patch, post, remove, save} from '../app/api.js';
import {ask, copyable, openDialog} from '../app/dialog.js';
import {field, h, icon} from '../app/element.js';
import {instant} from '../app/format.js';
import {notify} from '../app/notices.js';
import {go} from '../app/router.js';
import {session} from '../app/session.js';
import {closeOutside} from '../app/shell.js';
import {STAGES} from '../app/stages.js';
import {openAddDialog} from '../uploads/add.js';

/**
 * Makes the buttons.
 * @param {Object} video The video.
 * @param {Playhead} playhead Where it is, for links to this moment.
 * @param {function} onChange Told when something was changed.
 */
export function actionMenu(video, playhead, onChange) {
  const share = async () => {
    await navigator.clipboard.writeText(`${location.origin}/#/videos/${video.id}?t=${playhead.time_s.toFixed(1)}`);
    notify('Link to this moment copied.');
  };
  const link = h('button', {type: 'button', onclick: share}, icon('link'), h('span', {}, 'Copy link'));
  if (!session.may('editor')) return link;
  const item = (picture, name, onclick, kind = '') => h(`button${kind}`, {type: 'button', onclick}, icon(picture), name);
  const menu = h('details.menu', {}, h('summary.button', {}, 'More', icon('chevron')), h('div.menu-items', {},
    item('replay', 'Run again …', () => askReplay(video, onChange)),
    item('upload', 'Replace the file …', () => openAddDialog(video.id)),
    item('trash', 'Delete …', () => askDelete(video), '.danger-text')));
  closeOutside(menu);
  return [link, h('button', {type: 'button', onclick: () => edit(video, onChange)}, icon('edit'), h('span', {}, 'Edit')), menu];
}

async function edit(video, onChange) {
  const path = `/v1/videos/${part(video.id)}`;
  const {value, etag} = await getTagged(path);
  const title = h('input', {name: 'title', value: value.title, maxlength: 200});
  const description = h('textarea', {name: 'description', rows: 4, maxlength: 5000}, value.description);
  const own = h('textarea', {name: 'metadata', rows: 3, spellcheck: 'false'}, Object.entries(value.metadata).map(([name, text]) => `${name}: ${text}`).join('\n'));
  ask('Edit', [field('Title', title), field('Description', description), field('Your own metadata', own, 'One a line: name: value')], 'Save', async values => {
    await patch(path, {title: values.get('title'), description: values.get('description'), metadata: metadataOf(values.get('metadata'))}, etag);
    return () => { notify('Saved.'); onChange(); };
  });
}

function metadataOf(text) {
  const lines = text.split('\n').filter(line => line.trim());
  return Object.fromEntries(lines.map(line => {
    const at = line.indexOf(':');
    if (at < 1) throw {title: 'Metadata', detail: `“${line}” has no name; write it as name: value.`};
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}

function askReplay(video, onChange) {
  const from = h('select', {name: 'from'}, STAGES.map(([stage, doing]) => h('option', {value: stage, selected: stage === 'ingest'}, doing)));
  ask('Run again', [
    h('p', {}, 'A new run makes everything from that stage on anew; what people corrected stays. Until it is done, the results of the run before are shown as far as they are still there.'),
    field('From', from),
  ], 'Run again', async values => {
    await post(`/v1/videos/${part(video.id)}/replay`, {from: values.get('from')});
    return () => { notify('It runs again.'); onChange(); };
  });
}

function askDelete(video) {
  ask('Delete this video?', [
    h('p', {}, h('strong', {}, video.title), ' goes for good: the file, everything made of it, everything found in it. Nobody can bring it back.'),
  ], 'Delete for good', async () => {
    const receipt = await remove(`/v1/videos/${part(video.id)}`);
    return () => { go('/'); showReceipt(video, receipt); };
  }, true);
}

/** Shows the signed proof that a video is gone. */
function showReceipt(video, receipt) {
  const text = JSON.stringify(receipt, null, 2);
  const file = () => save(new Blob([text], {type: 'application/json'}), `deletion-receipt-${video.id}.json`);
  const at = receipt?.deleted_at ?? receipt?.erased_at;
  const close = openDialog('Deleted',
    h('p', {}, `“${video.title}” is gone${at ? ` since ${instant(at)}` : ''}. This signed receipt lists what was removed; anybody can verify it with the keys at `, h('code', {}, '/.well-known/jwks.json'), '.'),
    copyable(text, 'Copy receipt'),
    h('footer', {}, h('button', {type: 'button', onclick: file}, icon('download'), 'Download'), h('button.primary', {type: 'button', onclick: () => close()}, 'Done'))).close;
}
