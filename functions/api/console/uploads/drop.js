/** Files that are dropped, or picked. */

import {h, icon} from '../app/element.js';
import {openAddDialog} from './add.js';
import {uploads} from './queue.js';

/** Takes files that are dropped anywhere on the page. */
export function acceptDrops(signal) {
  const veil = h('div.drop-veil', {hidden: true, 'aria-hidden': 'true'}, h('p', {}, icon('upload'), 'Drop to upload'));
  document.body.append(veil);
  let depth = 0;
  const isFiles = event => event.dataTransfer?.types.includes('Files');
  const on = (type, handler) => addEventListener(type, event => {
    if (!isFiles(event)) return;
    event.preventDefault();
    handler(event);
    veil.hidden = depth <= 0;
  }, {signal});
  on('dragenter', () => { depth += 1; });
  on('dragleave', () => { depth -= 1; });
  on('dragover', () => {});
  on('drop', event => {
    depth = 0;
    document.querySelector('dialog[open]')?.close();
    uploads.add(event.dataTransfer.files);
  });
}

/** A large place that says what dropping does, for a library that is empty. */
export function dropPlace() {
  return h('div.drop-place', {},
    h('div.frames', {'aria-hidden': 'true'}, h('i'), h('i'), h('i', {}, icon('play')), h('i'), h('i')),
    h('h2', {}, 'Drop your first video here'),
    h('p', {}, 'It becomes playable within moments. Shots, speech, on-screen text and tags follow while you watch.'),
    h('button.primary', {type: 'button', onclick: () => openAddDialog()}, icon('upload'), 'Choose files'));
}
