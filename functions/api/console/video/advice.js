/** What the machine advises whoever made the video: stills, words, clips, windows of 9:16, and what to mend. */

import {get, getTagged, part, patch} from '../app/api.js';
import {h, vary} from '../app/element.js';
import {clock, counted, duration, stretch} from '../app/format.js';
import {notify, notifyProblem} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';
import {session} from '../app/session.js';

const MOST_WINDOWS = 8;

/** All advice about a video, in a panel. */
export function advice(video, playhead, signal, onChange) {
  const path = `/v1/videos/${part(video.id)}`;
  const use = async (field, value) => {
    const {etag} = await getTagged(path);
    await patch(path, {[field]: value}, etag);
    notify(`${field === 'title' ? 'Title' : 'Description'} changed.`);
    onChange();
  };
  const load = async () => {
    const {recommendations} = await get(`${path}/recommendations`, {}, signal);
    const hasWindows = recommendations.some(one => one.kind === 'reframe');
    return [recommendations, hasWindows ? (await get(`${path}/segments`, {kind: 'shot'}, signal)).segments : []];
  };
  return panel(load, ([all, shots]) => {
    const of = kind => all.filter(one => one.kind === kind);
    const usable = (field, one) => session.may('editor') && one.value !== video[field]
      && h('button.small', {type: 'button', onclick: () => use(field, one.value).catch(notifyProblem)}, `Use as ${field}`);
    const sections = [
      ['Thumbnails', stills([...of('thumbnail'), ...of('poster')], playhead)],
      ['Titles', of('title').map(one => h('div.suggested-title', {}, h('strong', {}, one.value), h('span.fine', {}, one.reason), usable('title', one)))],
      ['Description', of('description').map(one => h('div.suggested-title', {}, h('p', {}, one.value), h('span.fine', {}, one.reason), usable('description', one)))],
      ['Hashtags', hashtags(of('hashtag'))],
      ['Highlights', lines(of('highlight'), playhead, one => one.value || `Clip of ${duration(one.end_s - one.start_s)}`)],
      ['Fixes', lines(of('fix'), playhead, one => one.value)],
      ['For 9:16', windows(of('reframe'), shots, playhead)],
    ].filter(([, content]) => content.length);
    if (!sections.length) return emptyState('Nothing is suggested', h('p', {}, 'Stills, titles, clips and fixes are suggested where something speaks for them.'));
    return h('div.advice', {}, sections.map(([name, content]) => h('section', {'aria-label': name}, h('h3', {}, name), content)));
  }, 'suggestions').element;
}

function stills(thumbnails, playhead) {
  const figures = thumbnails.filter(one => one.frame_url).map((one, index) => h('figure', {},
    h('button.poster', {type: 'button', 'aria-label': `Thumbnail ${index + 1}, at ${clock(one.start_s ?? 0)}`, onclick: () => playhead.seek(one.start_s ?? 0)}, h('img', {src: one.frame_url, alt: '', loading: 'lazy'})),
    h('figcaption', {}, one.reason)));
  return figures.length ? [h('div.stills', {}, figures)] : [];
}

function hashtags(all) {
  if (!all.length) return [];
  const text = all.map(one => one.value).join(' ');
  const copy = () => navigator.clipboard.writeText(text).then(() => notify('Copied.'), notifyProblem);
  return [h('p.hashtags', {}, all.map(one => h('span', {title: one.reason}, one.value)), h('button.small', {type: 'button', onclick: copy}, 'Copy'))];
}

/** Advice about stretches of the video, each of which leads to its beginning. */
function lines(all, playhead, name) {
  if (!all.length) return [];
  const when = one => one.end_s === null ? clock(one.start_s) : stretch(one.start_s, one.end_s);
  return [h('ol.lines.stretches', {}, all.map(one => h('li', {}, h('button.line', {type: 'button', onclick: () => playhead.seek(one.start_s ?? 0)},
    h('time', {}, one.start_s === null ? '' : when(one)), h('span', {}, h('strong', {}, name(one)), h('small.fine', {}, one.reason))))))];
}

/** What to keep of the picture, drawn on the keyframe of the longest shot in each stretch. */
function windows(all, shots, playhead) {
  const figures = all.slice(0, MOST_WINDOWS).map(one => {
    const inside = shots.filter(shot => shot.keyframe_url && one.start_s <= shot.keyframe_s && shot.keyframe_s < one.end_s);
    const shot = inside.sort((a, b) => (b.end_s - b.start_s) - (a.end_s - a.start_s))[0];
    if (!shot) return null;
    const [x, y, w, tall] = one.box;
    const frame = vary(h(`span.window.${one.value === 'pad' ? 'pad' : 'crop'}`), {x, y, w, h: tall});
    const how = one.value === 'pad' ? 'Keep all of it' : 'Crop';
    return h('figure', {}, h('button.framed', {type: 'button', 'aria-label': `${how} from ${clock(one.start_s)} to ${clock(one.end_s)}`, onclick: () => playhead.seek(one.start_s)}, h('img', {src: shot.keyframe_url, alt: '', loading: 'lazy'}), frame),
      h('figcaption', {}, h('strong', {}, `${how}, ${stretch(one.start_s, one.end_s)}`), h('span', {}, one.reason)));
  }).filter(Boolean);
  if (!figures.length) return [];
  const more = all.length - MOST_WINDOWS;
  return [h('div.stills', {}, figures), more > 0 && h('p.fine', {}, `${more === 1 ? 'There is' : 'There are'} ${counted(more, 'more window')}.`)];
}
