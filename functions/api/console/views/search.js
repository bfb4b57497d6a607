/** Search over everything: each hit leads to its second. */

import {get, part} from '../app/api.js';
import {fill, h, icon} from '../app/element.js';
import {clock, counted} from '../app/format.js';
import {notify} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';
import {videoAddress} from '../app/router.js';
import {guess} from '../video/lines.js';
import {previewOn} from './preview.js';

const SOURCES = {speech: 'Said', text: 'On screen', tag: 'Tag', title: 'Title', description: 'Description'};
const MOST = 60;
let isMeaningOffered = true; // until the API says that it can't

export function searchPage({query, signal}) {
  const asked = query.get('q') ?? '';
  const by = isMeaningOffered ? query.get('by') ?? 'words' : 'words';
  const field = document.querySelector('.search input');
  if (field) field.value = asked;
  const ways = h('nav.filters', {'aria-label': 'How to search'}, [['words', 'These words'], ['meaning', 'Similar meaning']].map(([way, name]) =>
    h('a', {href: `#/search?q=${encodeURIComponent(asked)}&by=${way}`, 'aria-current': way === by ? 'true' : null}, name)));
  ways.hidden = !isMeaningOffered;
  const find = async way => (await get('/v1/search', {q: asked, by: way, limit: MOST}, signal)).hits;
  const load = async () => {
    if (!asked) return [];
    try {
      return await find(by);
    } catch (error) {
      if (error.code !== 'no_search_by_meaning') throw error;
      isMeaningOffered = false;
      ways.hidden = true;
      notify('Search by meaning is not set up here; these are the places with your words.');
      return find('words');
    }
  };
  const results = panel(load, hits => shown(hits, asked, signal), 'results');
  return h('div.page', {}, h('div.page-head', {}, h('h1', {tabindex: '-1'}, asked ? `“${asked}”` : 'Search'), ways), results.element);
}

function shown(hits, asked, signal) {
  if (!hits.length) {
    return emptyState(asked ? 'Nothing found' : 'What are you looking for?',
      h('p', {}, 'Search finds words that are said, that stand on screen, and those of tags, titles and descriptions. All words must be in one place, and those in quotes just like that; try fewer.'));
  }
  const isAlike = hits[0].fit === 'alike';
  const videos = Map.groupBy(hits, hit => hit.video_id);
  return [
    h('p.fine', {role: 'status'}, `${counted(hits.length, 'place')} in ${counted(videos.size, 'video')}${hits.length === MOST ? '; there may be more' : ''}${isAlike ? '. No place has just these words; these have some that are spelt alike' : ''}`),
    h('ol.results', {}, [...videos].map(([id, places]) => result(id, places, signal))),
  ];
}

function result(id, places, signal) {
  const poster = h('a.poster', {href: videoAddress(id, places[0].start_s), tabindex: '-1', 'aria-hidden': 'true'}, h('div.no-poster', {}, icon('film')));
  const title = h('a', {href: videoAddress(id)}, places[0].name);
  let preview = null;
  get(`/v1/videos/${part(id)}`, {}, signal).then(video => {
    fill(title, video.title);
    preview = video.preview_url;
    if (video.poster_url) fill(poster, h('img', {src: video.poster_url, alt: '', loading: 'lazy'}), video.media && h('span.length', {}, clock(video.media.duration_s)));
    else if (video.kind === 'audio') fill(poster, h('div.no-poster', {}, icon('volume')));
  }).catch(error => { if (error.name !== 'AbortError') console.warn(`The poster of ${id} is missing: ${error.message}`); });
  const row = h('li.result', {}, poster, h('div', {}, h('h2', {}, title),
    h('ol.hits', {}, places.map(place => h('li', {}, h('a.hit', {href: videoAddress(id, place.start_s)},
      h('time', {}, clock(place.start_s)), h('span.source', {}, SOURCES[place.source] ?? place.source), h('span.quote', {}, place.excerpt.map(piece => piece.marked ? h('mark', {}, piece.text) : piece.text), place.rough && guess())))))));
  previewOn(row, poster, () => preview);
  return row;
}
