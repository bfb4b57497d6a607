/** The video at a glance: a track to go along, and below it lanes of what is when. Everything leads to its second. */

import {fill, h, iconButton, vary} from '../app/element.js';
import {clock, spoken} from '../app/format.js';
import {onKeys, rove} from '../app/keys.js';

const LOUDEST_LUFS = -5;
const QUIETEST_LUFS = -50;
const MOST_ZOOM = 16;
const STEP_S = 5;
const NARROWEST_PICTURE_PX = 14;
const TRANSITIONS = {fade: 'Fade', dissolve: 'Dissolve', wipe: 'Wipe'};

export class Strip {
  #playhead;
  #preview;
  #signal;
  #zoom = 1;
  #shots = [];
  #spans = [];
  #known = [[], [], []];
  #waveform = null;
  #lanes = h('div.lanes');
  #line = h('div.now-line', {'aria-hidden': 'true'});
  #ghost = h('div.ghost-line', {'aria-hidden': 'true', hidden: true});
  #slider = h('div.scrub', {role: 'slider', tabindex: '0', 'aria-label': 'Position', 'aria-valuemin': 0}, h('i'));
  #inner = h('div.strip-inner');
  #scroll = h('div.strip-scroll');

  constructor(playhead, preview, signal) {
    this.#playhead = playhead;
    this.#preview = preview;
    this.#signal = signal;
    fill(this.#inner, this.#slider, this.#lanes, this.#ghost, this.#line);
    fill(this.#scroll, this.#inner);
    this.element = h('section.strip', {'aria-label': 'Timeline'}, this.#preview.element, this.#scroll,
      h('div.zoom', {role: 'group', 'aria-label': 'Zoom of the timeline'}, iconButton('minus', 'Smaller', () => this.#zoomBy(0.5)), iconButton('plus', 'Larger', () => this.#zoomBy(2))));
    playhead.watch(time_s => this.#moved(time_s), signal);
    playhead.addEventListener('state', () => this.#moved(playhead.time_s), {signal});
    this.#pointing();
    this.#slider.addEventListener('keydown', event => this.#slide(event));
    const sized = new ResizeObserver(() => this.#showPictures());
    sized.observe(this.#inner);
    signal.addEventListener('abort', () => sized.disconnect());
    onKeys({'[': () => this.#toShot(-1), ']': () => this.#toShot(1)}, signal);
  }

  /** Shows what is known: segments, findings and recommendations, any of which may be missing yet. */
  show(segments, findings, recommendations) {
    this.#known = [segments, findings, recommendations];
    const of = kind => segments.filter(segment => segment.kind === kind);
    this.#shots = of('shot');
    this.#spans = [];
    const lines = name => findings.filter(finding => finding.name === name && typeof finding.value === 'string');
    const lanes = [
      ['Chapters', 'chapters', this.#chapters(recommendations).map(chapter => this.#span(chapter, chapter.value, chapter.value))],
      ['Shots', 'shots', this.#shots.map(shot => this.#shot(shot))],
      ['Transitions', 'transitions', of('transition').map(span => this.#span(span, `${TRANSITIONS[span.transition_in] ?? 'Transition'} of ${(span.end_s - span.start_s).toFixed(1)} s`))],
      ['Highlights', 'highlights', recommendations.filter(one => one.kind === 'highlight').map(one => this.#span(one, `Highlight: ${one.reason}`))],
      ['Scenes', 'scenes', of('scene').map(scene => this.#span(scene, `scene:${scene.index}`, String(scene.index)))],
      ['Speech', 'speech', lines('words').length ? lines('words').map(line => this.#span(line, line.value)) : of('speech').map(span => this.#span(span, 'Speech'))],
      ['Music', 'music', of('music').map(span => this.#span(span, 'Music'))],
      ['Text', 'text', stacked(lines('text')).map(line => this.#span(line, line.value))],
      ['Sound', 'sound', this.#sound(findings, of('silence'))],
    ].filter(([, , spans]) => spans.length);
    fill(this.#lanes, lanes.map(([name, kind, spans]) => {
      const track = h(`div.lane-track.${kind}`, {role: 'group', 'aria-label': name}, spans);
      if (track.querySelector('button')) rove(track, 'button');
      return h('div.lane', {}, h('span.lane-name', {'aria-hidden': 'true'}, name), track);
    }));
    this.#showPictures();
    this.#moved(this.#playhead.time_s);
  }

  /** Takes the sound's curve, which may come before or after everything else. */
  draw(waveform) {
    this.#waveform = waveform;
    this.show(...this.#known);
  }

  /** Chapters with their ends: each lasts until the next one. */
  #chapters(recommendations) {
    const starts = recommendations.filter(one => one.kind === 'chapter').sort((one, other) => one.start_s - other.start_s);
    return starts.map((chapter, index) => ({...chapter, end_s: starts[index + 1]?.start_s ?? this.#playhead.duration_s}));
  }

  #place(element, {start_s, end_s}) {
    const whole = this.#playhead.duration_s || 1;
    return vary(element, {from: start_s / whole, size: Math.max(0, Math.min(end_s, whole) - start_s) / whole});
  }

  #span(span, label, shown = null) {
    const button = h('button.span', {
      type: 'button', title: `${clock(span.start_s, true)} ${label}`,
      'aria-label': `${label}, at ${spoken(span.start_s)}`, onclick: () => this.#playhead.seek(span.start_s),
    }, shown);
    if (span.row) vary(button, {row: span.row});
    this.#spans.push({button, start_s: span.start_s, end_s: span.end_s, isNow: false});
    return this.#place(button, span);
  }

  #shot(shot) {
    const button = this.#span(shot, `shot:${shot.index}`);
    if (shot.transition_in && shot.transition_in !== 'none') button.dataset.transition = shot.transition_in;
    if (shot.keyframe_url) button.dataset.picture = shot.keyframe_url;
    return button;
  }

  /** Shows the keyframes of shots that have room for one, again and again like frames of a film. */
  #showPictures() {
    const wide = [...this.#lanes.querySelectorAll('[data-picture]')].filter(shot => shot.offsetWidth >= NARROWEST_PICTURE_PX);
    for (const shot of wide) {
      shot.style.setProperty('background-image', `url(${JSON.stringify(shot.dataset.picture)})`);
      delete shot.dataset.picture;
    }
  }

  /** The curve, or levels as high as they are loud where there is none, with silence cut out. */
  #sound(findings, silences) {
    const curve = this.#waveform && this.#place(this.#waveform.element, {start_s: 0, end_s: this.#waveform.duration_s});
    const levels = findings.filter(finding => finding.name === 'loudness_lufs').map(({start_s, end_s, value}) => {
      const height = Math.min(1, Math.max(0.04, (value - QUIETEST_LUFS) / (LOUDEST_LUFS - QUIETEST_LUFS)));
      return vary(this.#place(h('span.level-bar', {title: `${value.toFixed(1)} LUFS`}), {start_s, end_s}), {height});
    });
    const label = findings.find(finding => finding.name === 'loudness_lufs');
    return [
      curve || levels,
      silences.map(silence => this.#span(silence, 'Silence')),
      label ? h('span.level-label', {}, `${label.value.toFixed(1)} LUFS`) : null,
    ].flat().filter(Boolean);
  }

  #moved(time_s) {
    const {duration_s} = this.#playhead;
    vary(this.#inner, {now: duration_s ? time_s / duration_s : 0});
    this.#slider.setAttribute('aria-valuemax', duration_s.toFixed(1));
    this.#slider.setAttribute('aria-valuenow', time_s.toFixed(1));
    this.#slider.setAttribute('aria-valuetext', `${spoken(time_s)} of ${spoken(duration_s)}`);
    for (const span of this.#spans) {
      const isNow = span.start_s <= time_s && time_s < span.end_s;
      // This runs for every frame that is shown, and a long video has thousands of spans.
      if (isNow !== span.isNow) span.button.classList.toggle('now', span.isNow = isNow);
    }
  }

  #timeAt(event) {
    const box = this.#slider.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.#playhead.duration_s;
  }

  #pointing() {
    const preview = event => {
      const time_s = this.#timeAt(event);
      const box = this.element.getBoundingClientRect();
      this.#preview.show(time_s, (event.clientX - box.left) / box.width);
      vary(this.#ghost, {ghost: time_s / (this.#playhead.duration_s || 1)});
      this.#ghost.hidden = false;
    };
    this.#inner.addEventListener('pointermove', preview);
    this.#inner.addEventListener('pointerleave', () => { this.#preview.hide(); this.#ghost.hidden = true; });
    this.#slider.addEventListener('pointerdown', event => {
      this.#slider.setPointerCapture(event.pointerId);
      this.#playhead.seek(this.#timeAt(event));
    });
    this.#slider.addEventListener('pointermove', event => {
      if (this.#slider.hasPointerCapture(event.pointerId)) this.#playhead.seek(this.#timeAt(event));
    });
    // Where a lane is empty, the place itself leads there.
    this.#lanes.addEventListener('click', event => { if (!event.target.closest('button')) this.#playhead.seek(this.#timeAt(event)); });
  }

  #slide(event) {
    const {time_s, duration_s} = this.#playhead;
    const to = {
      ArrowRight: time_s + STEP_S, ArrowUp: time_s + STEP_S, ArrowLeft: time_s - STEP_S, ArrowDown: time_s - STEP_S,
      PageUp: time_s + duration_s / 10, PageDown: time_s - duration_s / 10, Home: 0, End: duration_s,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#playhead.seek(to);
  }

  #toShot(by) {
    const {time_s} = this.#playhead;
    const at = this.#shots.findLastIndex(shot => shot.start_s <= time_s + 0.01);
    const to = this.#shots[by < 0 && time_s - (this.#shots[at]?.start_s ?? 0) > 1 ? at : at + by];
    if (to) this.#playhead.seek(to.start_s);
  }

  #zoomBy(factor) {
    this.#zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * factor));
    vary(this.#inner, {zoom: this.#zoom});
    const now = this.#playhead.duration_s ? this.#playhead.time_s / this.#playhead.duration_s : 0;
    this.#scroll.scrollLeft = now * this.#inner.offsetWidth - this.#scroll.offsetWidth / 2;
  }
}

/** Gives lines that are there at the same time rows of their own; the fourth and further ones share the last. */
function stacked(lines) {
  const ends = [0, 0, 0];
  return [...lines].sort((one, other) => one.start_s - other.start_s).map(line => {
    const free = ends.findIndex(end_s => end_s <= line.start_s + 0.01);
    const row = free < 0 ? ends.length - 1 : free;
    ends[row] = Math.max(ends[row], line.end_s);
    return {...line, row};
  });
}
