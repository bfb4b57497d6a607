/** Where to go in a video, and what to watch next. */

import {get, part} from '../app/api.js';
import {h, icon} from '../app/element.js';
import {clock} from '../app/format.js';
import {emptyState, panel} from '../app/panel.js';
import {videoAddress} from '../app/router.js';
import {previewOn} from '../views/preview.js';

/** Chapters and shots, as a list one can go through. */
export function chapters(recommendations, segments, playhead, signal) {
  const entries = recommendations.filter(one => one.kind === 'chapter').sort((one, other) => one.start_s - other.start_s);
  const shots = segments.filter(segment => segment.kind === 'shot');
  if (!shots.length && !entries.length) return emptyState('Nothing to go to yet', h('p', {}, 'Shots and chapters show up here once they are found.'));
  const rows = shots.map(shot => h('li', {}, h('button.shot-row', {type: 'button', onclick: () => playhead.seek(shot.start_s)},
    shot.keyframe_url ? h('img', {src: shot.keyframe_url, alt: '', loading: 'lazy'}) : h('span.no-poster', {}, icon('film')),
    h('span', {}, h('strong', {}, `shot:${shot.index}`), h('small', {}, [`${(shot.end_s - shot.start_s).toFixed(1)} s`, shot.transition_in && shot.transition_in !== 'none' ? `after a ${shot.transition_in}` : null, shot.reason].filter(Boolean).join(' · '))),
    h('time', {}, clock(shot.start_s)))));
  let last = -1;
  playhead.watch(time_s => {
    const at = shots.findIndex(shot => shot.start_s <= time_s + 0.01 && time_s < shot.end_s);
    if (at === last) return;
    rows[last]?.firstChild.removeAttribute('aria-current');
    rows[at]?.firstChild.setAttribute('aria-current', 'true');
    last = at;
  }, signal);
  return h('div', {},
    entries.length ? [h('h3', {}, 'Chapters'), h('ol.lines', {}, entries.map(chapter => h('li', {}, h('button.line', {type: 'button', onclick: () => playhead.seek(chapter.start_s)}, h('time', {}, clock(chapter.start_s)), h('span', {}, chapter.value, h('small.fine', {}, chapter.reason))))))] : null,
    shots.length ? [h('h3', {}, 'Shots'), h('ol.shot-rows', {}, rows)] : null);
}

/** Other videos that are like this one. */
export function related(id, signal) {
  return panel(async () => (await get(`/v1/videos/${part(id)}/related`, {}, signal)).related, all => {
    if (!all.length) return emptyState('Nothing alike yet', h('p', {}, 'Videos that share tags with this one show up here.'));
    return h('ul.wall.small', {}, all.map(one => relatedCard(one)));
  }, 'related videos').element;
}

function relatedCard(one) {
  const poster = h('div.poster', {}, one.poster_url ? h('img', {src: one.poster_url, alt: '', loading: 'lazy'}) : h('div.no-poster', {}, icon('film')),
    one.duration_s !== null && h('span.length', {}, clock(one.duration_s)));
  const card = h('li.card', {'data-status': 'ready'}, poster,
    h('div.card-text', {}, h('a.card-link', {href: videoAddress(one.id)}, h('span.card-title', {}, one.title)), h('p.card-state', {}, one.reason)));
  previewOn(card, poster, () => one.preview_url);
  return card;
}
