/** The picture, or what there is instead of one, and its controls. */

import {get, part} from '../app/api.js';
import {fill, h, icon, iconButton, vary} from '../app/element.js';
import {clock} from '../app/format.js';
import {onKeys} from '../app/keys.js';
import {announce, notifyProblem} from '../app/notices.js';
import {emptyState, problemBox} from '../app/panel.js';

const HLS = 'application/vnd.apple.mpegurl';
const SPEEDS = [0.5, 1, 1.25, 1.5, 2];
const RENEW_BEFORE_MS = 60_000;
/** Room for captions, and no more. */
const SOUND_RATIO = 4;

export class Player {
  element = h('div.player');
  /** @type {Object|null} What the API says about playing it. */
  playback = null;
  // Without the attribute, Chromium plays no HLS whose media are on another host than its playlists.
  #video = h('video', {playsinline: true, preload: 'metadata', crossorigin: 'anonymous', tabindex: '-1'});
  #id;
  #playhead;
  #signal;
  #fps;

  /**
   * @param {Object} video The video, playable.
   * @param {Playhead} playhead Where it is.
   * @param {function(Object)} onPlayback Told what the API says about playing it.
   * @param {AbortSignal} signal Tells when the page is left.
   */
  constructor(video, playhead, onPlayback, signal) {
    this.#id = video.id;
    this.#playhead = playhead;
    this.#signal = signal;
    this.#fps = video.media?.fps_decimal ?? 25;
    this.#video.setAttribute('aria-label', video.title);
    const {media} = video;
    if (media?.display_width) vary(this.element, {ratio: media.display_width / media.display_height});
    // A video element all the same: it shows the captions.
    if (video.kind === 'audio') vary(this.element, {ratio: SOUND_RATIO});
    fill(this.element, this.#video, this.#controls());
    this.#video.addEventListener('click', () => playhead.toggle());
    this.#video.addEventListener('error', () => this.#failed());
    playhead.attach(this.#video, signal);
    playhead.addEventListener('state', () => { this.element.dataset.playing = playhead.isPlaying; }, {signal});
    this.#keys();
    this.#load(onPlayback);
    signal.addEventListener('abort', () => { this.#video.removeAttribute('src'); this.#video.load(); });
  }

  async #load(onPlayback = () => {}) {
    try {
      this.playback = await get(`/v1/videos/${part(this.#id)}/playback`, {}, this.#signal);
    } catch (error) {
      if (error.name !== 'AbortError') fill(this.element, problemBox(error, () => { fill(this.element, this.#video, this.#controls()); this.#load(onPlayback); }));
      return;
    }
    const {hls, mp4, poster, captions = [], subtitles = []} = this.playback;
    if (poster) this.#video.poster = poster;
    const tracks = kind => track => h('track', {kind, src: track.url, srclang: track.language, label: track.label});
    fill(this.#video, [...subtitles.map(tracks('subtitles')), ...captions.map(tracks('captions'))]);
    this.element.dataset.captions = captions.length + subtitles.length > 0;
    this.#video.src = hls && this.#video.canPlayType(HLS) ? hls : mp4;
    onPlayback(this.playback);
  }

  /** Links stop to work after a while, and a browser may say that it plays HLS and then not do it. */
  #failed() {
    const {hls, mp4, expires_at} = this.playback ?? {};
    if (!this.#video.getAttribute('src')) return;
    if (expires_at && new Date(expires_at) - Date.now() < RENEW_BEFORE_MS) this.#load();
    else if (mp4 && hls && this.#video.getAttribute('src') === hls) this.#video.src = mp4;
    else {
      fill(this.element, emptyState('This video does not play here',
        h('p', {}, this.#video.error?.message || 'The browser gives no reason.'), h('p', {}, 'Download it below, or load the page again.')));
    }
  }

  #controls() {
    const play = iconButton('play', 'Play', () => this.#playhead.toggle());
    const sound = iconButton('volume', 'Sound off', () => { this.#video.muted = !this.#video.muted; });
    const level = h('input.level', {type: 'range', min: 0, max: 1, step: 0.05, value: 1, 'aria-label': 'Volume', oninput: () => { this.#video.volume = level.value; this.#video.muted = false; }});
    const time = h('span.time', {}, h('b'), h('span'));
    const captions = iconButton('captions', 'Captions', () => this.#toggleCaptions(), {'aria-pressed': 'false'});
    const speed = h('select', {'aria-label': 'Speed', onchange: () => { this.#video.playbackRate = Number(speed.value); }},
      SPEEDS.map(rate => h('option', {value: rate, selected: rate === 1}, `${rate}×`)));
    const show = () => {
      const label = this.#playhead.isPlaying ? 'Pause' : 'Play';
      fill(play, icon(label.toLowerCase()));
      play.setAttribute('aria-label', label);
      play.title = label;
      fill(time.lastChild, ` / ${clock(this.#playhead.duration_s)}`);
    };
    this.#playhead.addEventListener('state', show, {signal: this.#signal});
    this.#playhead.watch(at_s => { time.firstChild.textContent = clock(at_s); }, this.#signal);
    this.#video.addEventListener('volumechange', () => {
      const {muted, volume} = this.#video;
      level.value = muted ? 0 : volume;
      sound.setAttribute('aria-label', muted ? 'Sound on' : 'Sound off');
      fill(sound, icon(muted || !volume ? 'muted' : 'volume'));
    });
    show();
    return h('div.controls', {role: 'group', 'aria-label': 'Player'}, play,
      iconButton('back10', '10 s back', () => this.#by(-10)), iconButton('forward10', '10 s forward', () => this.#by(10)),
      time, h('span.spring'), h('span.sound', {}, sound, level), captions, speed,
      iconButton('fullscreen', 'Full screen', () => this.#fullScreen()));
  }

  #by(time_s) {
    this.#playhead.seek(this.#playhead.time_s + time_s);
  }

  /** Shows the next of the subtitles and captions there are; after the last, none. */
  #toggleCaptions() {
    const tracks = [...this.#video.querySelectorAll('track')].map(({track}) => track);
    if (!tracks.length) return announce('There are no captions.');
    const next = tracks[tracks.findIndex(track => track.mode === 'showing') + 1];
    for (const track of tracks) track.mode = track === next ? 'showing' : 'disabled';
    this.element.querySelector('[aria-pressed]').setAttribute('aria-pressed', String(Boolean(next)));
    return announce(next ? `${next.label} on` : 'Captions off');
  }

  #fullScreen() {
    const change = document.fullscreenElement ? document.exitFullscreen() : this.element.requestFullscreen();
    change.catch(error => notifyProblem({detail: `Full screen is not possible here: ${error.message}.`}));
  }

  #keys() {
    const toggle = () => this.#playhead.toggle();
    const tenths = Object.fromEntries(Array.from({length: 10}, (_, tenth) => [String(tenth), () => this.#playhead.seek(this.#playhead.duration_s * tenth / 10)]));
    onKeys({
      ' ': toggle, k: toggle, ArrowLeft: () => this.#by(-5), ArrowRight: () => this.#by(5), j: () => this.#by(-10), l: () => this.#by(10),
      ',': () => this.#by(-1 / this.#fps), '.': () => this.#by(1 / this.#fps), m: () => { this.#video.muted = !this.#video.muted; },
      c: () => this.#toggleCaptions(), f: () => this.#fullScreen(), ...tenths,
    }, this.#signal);
  }
}
