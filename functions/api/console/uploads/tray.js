/** The list of uploads in the corner. */

import {fill, h, icon, iconButton} from '../app/element.js';
import {bytes, duration, percent} from '../app/format.js';
import {announce, notifyProblem} from '../app/notices.js';
import {videoAddress} from '../app/router.js';
import {uploads} from './queue.js';

const STATES = {
  waiting: 'Waiting for its turn', sending: 'Uploading', retrying: 'No answer; trying again', paused: 'Paused',
  lost: 'Interrupted. Pick the same file to go on', sent: 'Uploaded', failed: 'Failed',
};

/** Makes the tray; it shows itself while there is something in it. */
export function uploadTray(signal) {
  const list = h('ul');
  const title = h('h2');
  const tray = h('section.tray', {'aria-label': 'Uploads', hidden: true}, h('header', {}, title, iconButton('close', 'Take finished uploads off the list', clear)), list);
  const rows = new Map();
  const show = () => {
    const {items} = uploads;
    tray.hidden = !items.length;
    const open = items.filter(item => item.state !== 'sent').length;
    fill(title, open ? `Uploads · ${open}` : 'Uploads');
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
  show();
  return tray;
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
    const done = item.size_bytes ? item.sent_bytes / item.size_bytes : 0;
    meter.value = item.state === 'sent' ? 1 : done;
    const rate = item.rate;
    fill(state, item.trouble ?? [STATES[item.state], item.state === 'sent' ? '' : ` · ${percent(done)} of ${bytes(item.size_bytes)}`,
      rate ? ` · ${duration((item.size_bytes - item.sent_bytes) / rate)} left` : '']);
    if (item.state === last) return;
    last = item.state;
    element.dataset.state = item.state;
    fill(name, item.state === 'sent' && item.videoId ? h('a', {href: videoAddress(item.videoId)}, item.name) : item.name);
    fill(buttons, buttonsOf(item));
    if (item.state === 'sent' || item.state === 'failed') announce(`${item.name}: ${item.trouble ?? STATES[item.state]}`);
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
