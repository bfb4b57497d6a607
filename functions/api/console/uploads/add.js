/** The dialog that adds videos: from this device, or from an address. */

import {part, post} from '../app/api.js';
import {openDialog} from '../app/dialog.js';
import {field, fill, h, icon} from '../app/element.js';
import {notify} from '../app/notices.js';
import {problemBox} from '../app/panel.js';
import {go} from '../app/router.js';
import {uploads} from './queue.js';

/**
 * Opens the dialog.
 * @param {string|null} videoId A video whose source is to be replaced; null for new ones.
 */
export function openAddDialog(videoId = null) {
  const pick = h('input.unseen', {
    type: 'file', multiple: !videoId, accept: 'video/*,.mkv,.mov,.avi,.mxf,.ts', 'aria-label': 'Choose files',
    onchange: event => { uploads.add(event.target.files, videoId); dialog.close(); },
  });
  const dialog = openDialog(videoId ? 'Replace the file' : 'Add videos',
    h('label.drop-small', {}, icon('upload'), h('strong', {}, 'Choose files'), h('span', {}, 'or drop them anywhere on this page'), pick),
    h('p.fine', {}, 'Uploads go straight to storage, can be paused, and go on where they stopped.'),
    videoId ? null : importForm(() => dialog.close()));
  pick.focus();
}

function importForm(close) {
  const address = h('input', {type: 'url', name: 'url', required: true, placeholder: 'https://', pattern: 'https?://.*'});
  const trouble = h('div');
  return h('form.import', {
    onsubmit: async event => {
      event.preventDefault();
      fill(trouble);
      try {
        const {video_id} = await post('/v1/imports', {url: address.value});
        close();
        notify('The server fetches the file now.');
        go(`/videos/${part(video_id)}`);
      } catch (error) {
        fill(trouble, problemBox(error));
      }
    },
  }, field('Or import from an address', address, 'A link to the file itself, which anybody can open.'), trouble, h('button', {type: 'submit'}, 'Import'));
}
