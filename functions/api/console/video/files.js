/** The encodings, and everything else one can take along. */

import {download, get, part} from '../app/api.js';
import {h, icon} from '../app/element.js';
import {bytes} from '../app/format.js';
import {notifyProblem} from '../app/notices.js';
import {panel} from '../app/panel.js';

const KINDS = {mp4: 'Picture and sound', video: 'Picture', audio: 'Sound'};
const ORDER = ['mp4', 'video', 'audio'];

export function files(video, signal) {
  const path = `/v1/videos/${part(video.id)}`;
  const base = video.title.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').replace(/\.\w{2,4}$/, '') || video.id;
  const words = ['vtt', 'srt'].map(end => h('button.small', {type: 'button', onclick: () => download(`${path}/transcript.${end}`, `${base}.${end}`).catch(notifyProblem)}, icon('download'), `Transcript .${end}`));
  const load = () => Promise.all([get(`${path}/renditions`, {}, signal), get(`${path}/playback`, {}, signal)]);
  return panel(load, ([{renditions, choices}, {captions}]) => [
    h('div.table-scroll', {tabindex: '0', role: 'region', 'aria-label': 'Renditions'}, h('table', {},
      h('thead', {}, h('tr', {}, ['Name', 'What', 'Codec', 'Size', ''].map(name => h('th', {scope: 'col'}, name || h('span.unseen', {}, 'Download'))))),
      h('tbody', {}, [...renditions].sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || (other.height ?? 0) - (one.height ?? 0)).map(row)))),
    choices.length ? decisions(choices) : null,
    captions.length ? h('p.row-of-buttons', {}, words) : null,
  ], 'files').element;
}

function decisions(choices) {
  return h('div.table-scroll', {tabindex: '0', role: 'region', 'aria-label': 'Decisions'}, h('table', {},
    h('thead', {}, h('tr', {}, ['About', 'Choice', 'Why'].map(name => h('th', {scope: 'col'}, name)))),
    h('tbody', {}, choices.map(({subject, value, reason}) => h('tr', {}, h('th', {scope: 'row'}, subject), h('td', {}, value), h('td', {}, reason))))));
}

function row(rendition) {
  const what = [rendition.kind === 'mp4' && !rendition.width ? 'Sound, in one file' : KINDS[rendition.kind], rendition.width ? `${rendition.width} × ${rendition.height}` : null, rendition.language === 'und' ? null : rendition.language, rendition.fps_decimal ? `${Number(rendition.fps_decimal.toFixed(2))} fps` : null];
  return h('tr', {}, h('th', {scope: 'row'}, rendition.name), h('td', {}, what.filter(Boolean).join(', ')),
    h('td', {}, `${rendition.codec}, ${Math.round(rendition.bitrate_bps / 1000).toLocaleString('en')} kb/s`), h('td.number', {}, bytes(rendition.object.size_bytes)),
    h('td', {}, h('a.icon-button', {href: rendition.url, download: '', 'aria-label': `Download ${rendition.name}`, title: `Download ${rendition.name}`}, icon('download'))));
}
