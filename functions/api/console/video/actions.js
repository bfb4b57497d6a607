/** What one can do to a video: edit what is said about it, replace it, run it again, delete it. */

import {Problem, getTagged, part, patch, post, remove, save} from '../app/api.js';
import {ask, copyable, openDialog} from '../app/dialog.js';
import {field, h, icon} from '../app/element.js';
import {bytes, instant} from '../app/format.js';
import {notify} from '../app/notices.js';
import {go} from '../app/router.js';
import {session} from '../app/session.js';
import {closeOutside} from '../app/shell.js';
import {STAGES} from '../app/stages.js';
import {openAddDialog} from '../uploads/add.js';

/**
 * Makes the buttons.
 * @param {function(): Object} current Returns the video as it is known now.
 * @param {Playhead} playhead Where it is, for links to this moment.
 * @param {function} onChange Told when something was changed.
 */
export function actionMenu(current, playhead, onChange) {
  const share = async () => {
    await navigator.clipboard.writeText(`${location.origin}/#/videos/${current().id}?t=${playhead.time_s.toFixed(1)}`);
    notify('Link to this moment copied.');
  };
  const link = h('button', {type: 'button', 'aria-label': 'Copy link', onclick: share}, icon('link'), h('span', {}, 'Copy link'));
  if (!session.may('editor')) return link;
  const item = (picture, name, onclick, kind = '') => h(`button${kind}`, {type: 'button', onclick}, icon(picture), name);
  const menu = h('details.menu', {}, h('summary.button', {}, 'More', icon('chevron')), h('div.menu-items', {},
    item('replay', 'Run again …', () => askReplay(current(), onChange)),
    item('upload', 'Replace the file …', () => openAddDialog(current().id)),
    item('trash', 'Delete …', () => askDelete(current()), '.danger-text')));
  closeOutside(menu);
  return [link, h('button', {type: 'button', 'aria-label': 'Edit', onclick: () => edit(current(), onChange)}, icon('edit'), h('span', {}, 'Edit')), menu];
}

async function edit(video, onChange) {
  const path = `/v1/videos/${part(video.id)}`;
  const {value, etag} = await getTagged(path);
  const title = h('input', {name: 'title', value: value.title, maxlength: 200});
  const description = h('textarea', {name: 'description', rows: 4, maxlength: 5000}, value.description);
  const own = h('textarea', {name: 'metadata', rows: 3, spellcheck: 'false'}, Object.entries(value.metadata).map(([name, text]) => `${name}: ${text}`).join('\n'));
  ask('Edit', [field('Title', title), field('Description', description), field('Your own metadata', own, 'One a line: name: value')], 'Save', async values => {
    await patch(path, {title: values.get('title'), description: values.get('description'), metadata: metadataPatch(value.metadata, values.get('metadata'))}, etag);
    return () => { notify('Saved.'); onChange(); };
  });
}

/** Returns the change (RFC 7396) that makes metadata what somebody wrote. */
function metadataPatch(before, text) {
  const removed = Object.keys(before).map(name => [name, null]);
  const written = text.split('\n').filter(line => line.trim()).map(line => {
    const at = line.indexOf(':');
    if (at < 1) throw new Problem({title: 'Metadata', detail: `“${line}” has no name; write it as name: value.`});
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return Object.fromEntries([...removed, ...written]);
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
  const {removed, erased_at, complete} = receipt;
  const file = () => save(new Blob([JSON.stringify(receipt, null, 2)], {type: 'application/json'}), `erasure-receipt-${video.id}.json`);
  const counts = [['Files', `${removed.objects.toLocaleString('en')}, ${bytes(removed.bytes)}`], ...Object.entries(removed.records).map(([kind, count]) => [kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '), count.toLocaleString('en')]),
    ['Other documents', removed.documents], ['Attempts', removed.attempts]];
  const close = openDialog('Deleted for good',
    h('p', {}, h('strong', {}, video.title), ` was erased ${instant(erased_at)}.`, complete ? '' : ' A worker was busy with it; what that may still leave is removed as well.'),
    h('dl.removed', {}, counts.map(([name, count]) => [h('dt', {}, name), h('dd.number', {}, count)])),
    h('p.fine', {}, 'This receipt is signed and kept nowhere else. Whoever has it can verify it with the keys at ', h('code', {}, '/.well-known/jwks.json'), '.'),
    copyable(receipt.receipt, 'Copy'),
    h('footer', {}, h('button', {type: 'button', onclick: file}, icon('download'), 'Download receipt'), h('button.primary', {type: 'button', onclick: () => close()}, 'Done'))).close;
}
