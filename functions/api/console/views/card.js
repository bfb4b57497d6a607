/** A video on the wall: its poster is what one sees. */

import {ago} from '../app/ages.js';
import {dotted, fill, h, icon} from '../app/element.js';
import {clock, percent} from '../app/format.js';
import {videoAddress} from '../app/router.js';
import {isDone, stageBar, stateOf} from '../app/stages.js';
import {previewOn} from './preview.js';

/** Makes the card of a video; update() shows what became of it, without taking it off the page. */
export function videoCard(video) {
  const poster = h('div.poster');
  const bar = stageBar();
  const title = h('span.card-title');
  const state = h('p.card-state');
  const link = h('a.card-link', {href: videoAddress(video.id)}, title);
  const element = h('li.card', {'data-id': video.id}, poster, h('div.card-text', {}, link, state));
  let shown = video;

  const update = (changes = {}) => {
    shown = {...shown, ...changes};
    element.dataset.status = shown.status;
    fill(title, shown.title);
    const said = shown.status === 'failed'
      ? [icon('warning'), ' ', shown.failure?.reason ?? 'Failed']
      : isDone(shown) ? [facts(shown)] : [`${stateOf(shown)}${shown.progress?.fraction ? ` · ${percent(shown.progress.fraction)}` : ' …'}`];
    fill(state, said);
    state.title = shown.failure?.reason ?? '';
    bar.update(shown);
    const picture = poster.querySelector('img');
    if (shown.poster_url && picture?.getAttribute('src') !== shown.poster_url) {
      fill(poster, h('img', {src: shown.poster_url, alt: '', loading: 'lazy', decoding: 'async'}));
    } else if (!shown.poster_url) {
      fill(poster, h('div.no-poster', {'aria-hidden': 'true'}, icon(shown.status === 'failed' ? 'warning' : shown.kind === 'audio' ? 'volume' : 'film')));
    }
    poster.querySelectorAll('.length, .stages').forEach(old => old.remove());
    if (shown.media) poster.append(h('span.length', {}, h('span.unseen', {}, 'Length '), clock(shown.media.duration_s)));
    if (!isDone(shown)) poster.append(bar.element);
  };
  update();
  previewOn(element, poster, () => shown.preview_url);
  return {element, update, get video() { return shown; }};
}

function facts(video) {
  const height = video.media?.display_height;
  const what = height ? `${video.media.display_width} × ${height}` : null;
  return dotted(ago(video.created_at), video.kind === 'audio' ? 'Sound only' : what);
}
