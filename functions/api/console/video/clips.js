/** Clips: parts of a video as files of their own, made on request. */

import {ago} from '../app/ages.js';
import {get, part, post, remove} from '../app/api.js';
import {dotted, fill, h, icon, iconButton} from '../app/element.js';
import {bytes, clock, stretch, words} from '../app/format.js';
import {announce, notify, notifyProblem} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';
import {session} from '../app/session.js';

const LOOK_EVERY_MS = 1000;
const KINDS = ['scene', 'shot', 'speech', 'music'];

export function clips(video, playhead, signal) {
  const path = `/v1/videos/${part(video.id)}/clips`;
  const list = h('ul.rows.clips');
  const none = emptyState('No clips yet', h('p', {}, 'A clip is a part of this video as a file of its own, exact to the frame. It is kept for a week.'));
  const shown = new Map();
  let timer = null;
  let shots = null;
  const load = async () => {
    clearTimeout(timer);
    const all = (await get(path, {}, signal)).clips;
    if (all.length && !shots) ({segments: shots} = await get(`/v1/videos/${part(video.id)}/segments`, {kind: 'shot'}, signal));
    for (const one of all) if (one.state === 'ready' && shown.has(one.id) && isOpen(shown.get(one.id).one)) announce(`${one.name} is ready`);
    // A row that says the same stays: what is played in it goes on.
    const rows = all.map(one => (same(shown.get(one.id)?.one, one) ? shown.get(one.id) : {one, element: row(one)}));
    if (rows.length !== shown.size || rows.some(each => shown.get(each.one.id) !== each)) fill(list, rows.map(each => each.element));
    shown.clear();
    for (const each of rows) shown.set(each.one.id, each);
    none.hidden = all.length > 0;
    if (all.some(isOpen) && !signal.aborted) timer = setTimeout(() => load().catch(() => {}), LOOK_EVERY_MS);
    return all;
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  const cut = async segment => {
    const {name} = await post(path, {segment});
    notify(`${name} is being made.`);
    await load();
  };
  const row = one => h('li', {}, h('div', {},
    h('strong', {}, one.name), h('p.fine', {}, dotted(one.spans.map(([start_s, end_s]) => stretch(start_s, end_s)).join(', '), isOpen(one) ? `${words(one.state)} ${Math.round(one.progress * 100)} %` : words(one.state), one.width && `${one.width}x${one.height}`, one.url && bytes(one.size_bytes), one.expires_at && ['removed ', ago(one.expires_at)], one.note, one.reason)),
    one.url && h('video', {src: one.url, poster: stillOf(one), controls: true, preload: 'none', playsinline: true, 'aria-label': one.name})),
  h('p.row-of-buttons', {}, one.url && h('a.button.small', {href: one.url, download: one.name}, icon('download'), 'Download'),
    session.may('editor') && iconButton('trash', `Delete ${one.name}`, () => remove(`${path}/${part(one.id)}`).then(load).catch(notifyProblem))));
  const stillOf = ({spans: [[start_s]]}) => shots.find(shot => start_s < shot.end_s)?.keyframe_url ?? video.poster_url;
  const made = panel(load, () => [none, list], 'clips');
  return h('div', {}, session.may('editor') && panel(() => parts(video, signal), found => maker(found, video, playhead, cut), 'what can be cut out').element, made.element);
}

const isOpen = one => one.state === 'queued' || one.state === 'running';

/** Whether a clip looks the same: its link is signed anew each time. */
const same = (before, one) => before !== undefined && before.state === one.state && before.progress === one.progress && before.reason === one.reason && before.requested_at === one.requested_at;

/** Returns what clips can be made of: `[segment, name]`. */
async function parts(video, signal) {
  const path = `/v1/videos/${part(video.id)}`;
  const [{segments}, {recommendations}] = await Promise.all([get(`${path}/segments`, {}, signal), get(`${path}/recommendations`, {}, signal)]);
  const highlights = recommendations.filter(one => one.kind === 'highlight' && one.end_s !== null);
  const chapters = recommendations.filter(one => one.kind === 'chapter').sort((one, other) => one.start_s - other.start_s);
  const named = (kind, index, start_s, more) => [`${kind}:${index}`, `${kind}:${index}, from ${clock(start_s)}${more ? `: ${more}` : ''}`];
  return [
    ...(highlights.length ? [['highlight', 'All highlights, one after the other']] : []),
    ...highlights.map((one, index) => named('highlight', index, one.start_s, one.value)),
    ...chapters.map((one, index) => named('chapter', index, one.start_s, one.value)),
    ...segments.filter(one => KINDS.includes(one.kind)).map(one => named(one.kind, one.index, one.start_s)),
  ];
}

/** The form that asks for a clip. */
function maker(found, video, playhead, cut) {
  const which = h('select', {name: 'segment', 'aria-label': 'What to cut out'}, h('option', {value: ''}, 'From … to …'), found.map(([segment, name]) => h('option', {value: segment}, name)));
  const time = (name, value) => h('input', {type: 'number', name, min: 0, max: video.media.duration_s.toFixed(3), step: 'any', value, 'aria-label': name === 'start' ? 'From, in seconds' : 'To, in seconds'});
  const start = time('start', 0);
  const end = time('end', Math.min(video.media.duration_s, 10).toFixed(3));
  const here = (input, name) => h('button.small', {type: 'button', onclick: () => { input.value = playhead.time_s.toFixed(3); }}, name);
  const span = h('span.row-of-buttons', {}, start, here(start, 'Starts here'), end, here(end, 'Ends here'));
  which.addEventListener('change', () => { span.hidden = which.value !== ''; });
  const submit = event => {
    event.preventDefault();
    cut(which.value || `${Number(start.value).toFixed(3)}-${Number(end.value).toFixed(3)}`).catch(notifyProblem);
  };
  return h('form.row-of-buttons.clip-maker', {onsubmit: submit}, which, span, h('button.primary', {type: 'submit'}, icon('film'), 'Cut out'));
}
