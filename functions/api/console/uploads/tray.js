/** The list of uploads in the corner. */

import {fill, h, icon, iconButton} from '../app/element.js';
import {bytes, duration, percent} from '../app/format.js';
import {live} from '../app/live.js';
import {announce, notifyProblem} from '../app/notices.js';
import {videoAddress} from '../app/router.js';
import {stateOf} from '../app/stages.js';
import {uploads} from './queue.js';

const STATES = {
  waiting: 'Waiting for its turn', sending: 'Uploading', retrying: 'No answer; trying again', paused: 'Paused',
  lost: 'Interrupted. Pick the same file to go on', failed: 'Failed',
};

/** Makes the tray; it shows itself while there is something in it. */
export function uploadTray(signal) {
  const list = h('ul');
  const title = h('h2');
  const fold = iconButton('chevron', 'List of uploads', () => setOpen(list.hidden), {'aria-expanded': 'true'});
  const tray = h('section.tray', {'aria-label': 'Uploads', hidden: true}, h('header', {}, title, fold, iconButton('close', 'Take finished uploads off the list', clear)), list);
  let wasDone = false;
  const setOpen = isOpen => {
    list.hidden = !isOpen;
    fold.setAttribute('aria-expanded', String(isOpen));
  };
  const rows = new Map();
  const show = () => {
    const {items} = uploads;
    tray.hidden = !items.length;
    const open = items.filter(item => !['ready', 'broken'].includes(phaseOf(item))).length;
    const isDone = items.every(item => phaseOf(item) === 'ready');
    fill(title, open ? `Uploads · ${open}` : isDone ? 'Uploads · all ready' : 'Uploads');
    if (isDone !== wasDone) setOpen(!isDone);
    wasDone = isDone;
    items.forEach(item => { if (!rows.has(item)) rows.set(item, uploadRow(item)); });
    [...rows.keys()].filter(item => !items.includes(item)).forEach(item => rows.delete(item));
    if ([...list.children].some((row, index) => rows.get(items[index])?.element !== row) || list.children.length !== items.length) {
      fill(list, items.map(item => rows.get(item).element));
    }
    rows.forEach(row => row.update());
  };
  uploads.addEventListener('change', event => {
    if (event.detail) rows.get(event.detail)?.update();
    else show();
  }, {signal});
  live.on('video', event => uploads.follow(event), signal);
  live.on('again', () => uploads.catchUp(), signal);
  show();
  return tray;
}

/** How far an upload is, and, once its bytes are there, its video: processing, ready or broken. */
function phaseOf({state, video}) {
  if (state !== 'sent') return state;
  return video?.status === 'ready' ? 'ready' : video?.status === 'failed' ? 'broken' : 'processing';
}

/** Says how far it is. */
function saying(item, phase) {
  const {video} = item;
  if (phase === 'ready') return 'Ready';
  if (phase === 'broken') return `Failed: ${video.failure?.reason ?? 'nobody knows why'}`;
  if (phase === 'processing') return `Processing: ${video && video.status !== 'uploading' ? stateOf(video) : 'Queued'} …`;
  if (item.trouble) return item.trouble;
  const done = item.size_bytes ? item.sent_bytes / item.size_bytes : 0;
  const left = item.rate ? ` · ${duration((item.size_bytes - item.sent_bytes) / item.rate)} left` : '';
  return `${STATES[phase]} · ${percent(done)} of ${bytes(item.size_bytes)}${left}`;
}

function clear() {
  uploads.items.filter(item => item.state === 'sent' || item.state === 'failed').forEach(item => uploads.drop(item).catch(notifyProblem));
}

function uploadRow(item) {
  const meter = h('progress', {max: 1, 'aria-label': `Upload of ${item.name}`});
  const state = h('p.fine');
  const buttons = h('div.row-buttons');
  const name = h('p.row-name', {title: item.name});
  const element = h('li', {}, name, buttons, meter, state);
  let last = '';
  const update = () => {
    const phase = phaseOf(item);
    meter.value = item.size_bytes ? item.sent_bytes / item.size_bytes : 0;
    meter.hidden = item.state === 'sent';
    fill(state, saying(item, phase));
    if (phase === last) return;
    last = phase;
    element.dataset.state = phase;
    fill(name, item.state === 'sent' && item.videoId ? h('a', {href: videoAddress(item.videoId)}, item.name) : item.name);
    fill(buttons, buttonsOf(item));
    if (['processing', 'broken', 'failed'].includes(phase)) announce(`${item.name}: ${saying(item, phase)}`);
  };
  update();
  return {element, update};
}

function buttonsOf(item) {
  const give = iconButton('close', item.state === 'sent' ? `Take ${item.name} off the list` : `Give up ${item.name}`, () => uploads.drop(item).catch(notifyProblem));
  const pick = h('input.unseen', {type: 'file', 'aria-label': `Pick ${item.name} again`, onchange: event => uploads.add(event.target.files)});
  const first = {
    sending: () => iconButton('pause', `Pause ${item.name}`, () => uploads.pause(item)),
    retrying: () => iconButton('pause', `Pause ${item.name}`, () => uploads.pause(item)),
    waiting: () => iconButton('pause', `Pause ${item.name}`, () => uploads.pause(item)),
    paused: () => iconButton('play', `Go on with ${item.name}`, () => uploads.resume(item)),
    failed: () => item.file && iconButton('replay', `Try ${item.name} again`, () => uploads.resume(item)),
    lost: () => h('label.button.small', {}, icon('upload'), 'Pick file', pick),
  }[item.state];
  return [first?.(), give];
}
