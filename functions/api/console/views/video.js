/** A video's page: watch it, see what is in it, correct that, and know what happened to it. */

import {ago} from '../app/ages.js';
import {get, part} from '../app/api.js';
import {fill, h, icon} from '../app/element.js';
import {clock} from '../app/format.js';
import {live} from '../app/live.js';
import {announce} from '../app/notices.js';
import {emptyState, panel, problemBox} from '../app/panel.js';
import {isDone, stageBar, stateChip, stateOf} from '../app/stages.js';
import {tabs} from '../app/tabs.js';
import {actionMenu} from '../video/actions.js';
import {advice} from '../video/advice.js';
import {clips} from '../video/clips.js';
import {files} from '../video/files.js';
import {happenings} from '../video/happenings.js';
import {isRough, lineList, linesOf} from '../video/lines.js';
import {Player} from '../video/player.js';
import {Playhead} from '../video/playhead.js';
import {chapters, related} from '../video/recommendations.js';
import {storyboardPreview} from '../video/storyboard.js';
import {Strip} from '../video/strip.js';
import {Tags} from '../video/tags.js';
import {loadWaveform} from '../video/waveform.js';

export function videoPage(id, {query, signal}) {
  const page = new VideoPage(id, signal);
  const follow = wanted => {
    if (wanted.has('t')) page.playhead.seek(Number(wanted.get('t')) || 0);
    return true;
  };
  follow(query);
  return {element: page.element, follow};
}

class VideoPage {
  element = h('div.page.video-page');
  playhead = new Playhead();
  #id;
  #signal;
  #video = null;
  #player = null;
  #preview = storyboardPreview();
  #strip;
  #tab = 'transcript';
  #query = '';
  #title = h('h1', {tabindex: '-1'}, 'Video');
  #facts = h('p.facts');
  #actions = h('div.actions');
  #description = h('p.description');
  #stage = h('div.stage');
  #aside = h('aside.insight', {'aria-label': 'What is in it'});
  #below = h('div.below-video');
  #bar = stageBar();

  constructor(id, signal) {
    this.#id = id;
    this.#signal = signal;
    this.#strip = new Strip(this.playhead, this.#preview, signal);
    fill(this.element, h('p.waiting', {}, 'Loading the video …'));
    live.on('video', event => { if (event.id === id) this.#take(event); }, signal);
    live.on('again', () => { if (this.#video) this.#load(); }, signal);
    this.#load();
  }

  async #load() {
    try {
      const video = await get(this.#path(), {}, this.#signal);
      const isFirst = this.#video === null;
      const isMore = this.#video?.status !== video.status || this.#video?.run !== video.run;
      this.#video = video;
      if (isFirst) fill(this.element, this.#layout());
      this.#showHead();
      if (isFirst || isMore) this.#showBody();
      // The heading was not there yet when the page came on.
      if (isFirst && document.activeElement?.id === 'main') this.#title.focus({preventScroll: true});
    } catch (error) {
      if (error.name === 'AbortError') return;
      fill(this.element, h('h1', {tabindex: '-1'}, 'Video'), problemBox(error, () => this.#load()), h('p', {}, h('a', {href: '#/'}, 'Back to the library')));
    }
  }

  #layout() {
    return [
      h('a.back', {href: '#/'}, icon('back'), 'Library'),
      h('header.video-head', {}, h('div', {}, this.#title, this.#facts), this.#actions),
      h('div.watch', {}, h('div.screen', {}, this.#stage, this.#strip.element, this.#description), this.#aside),
      this.#below,
    ];
  }

  #take(event) {
    if (event.deleted) {
      fill(this.element, h('h1', {tabindex: '-1'}, 'This video is gone'), emptyState('It was deleted just now', h('p', {}, h('a', {href: '#/'}, 'Back to the library'))));
      return;
    }
    if (!this.#video) return;
    const isMore = event.status !== this.#video.status || event.run !== this.#video.run;
    Object.assign(this.#video, {progress: event.progress, failure: event.failure, title: event.title, ...(isMore ? {} : {status: event.status})});
    if (isMore) {
      if (isDone(event)) announce(`${event.title}: ${stateOf(event)}`);
      this.#load();
    } else this.#showHead();
  }

  #showHead() {
    const video = this.#video;
    this.playhead.duration_s = video.media?.duration_s ?? this.playhead.duration_s;
    fill(this.#title, video.title);
    document.title = `${video.title} · Automations`;
    const {media} = video;
    fill(this.#facts, stateChip(video), media && h('span', {}, clock(media.duration_s)), media && (video.kind === 'audio' ? h('span', {}, 'Sound only') : h('span', {}, `${media.display_width} × ${media.display_height}`)),
      h('span', {}, 'added ', ago(video.created_at)));
    fill(this.#description, video.description);
    this.#description.hidden = !video.description;
    this.#bar.update(video);
    this.#bar.element.hidden = isDone(video);
    if (!this.#player) this.#showWaiting();
  }

  #showWaiting() {
    const video = this.#video;
    const failed = video.status === 'failed';
    fill(this.#stage, h(`div.player.waiting-player${failed ? '.failed' : ''}`, {},
      icon(failed ? 'warning' : video.kind === 'audio' ? 'volume' : 'film'), h('p', {role: failed ? 'alert' : null}, failed ? video.failure?.reason ?? 'It failed.' : `${stateOf(video)} …`),
      failed ? h('p.fine', {}, 'Code ', h('code', {}, video.failure?.code ?? 'unknown')) : h('p.fine', {}, video.status === 'uploading' ? 'Its file is not there yet.' : 'It can be played as soon as it is transcoded; you can leave this page.')), this.#bar.element);
  }

  #showBody() {
    const video = this.#video;
    fill(this.#actions, actionMenu(() => this.#video, this.playhead, () => this.#load()));
    if (video.capabilities.playable && !this.#player) {
      this.#player = new Player(video, this.playhead, playback => {
        const missing = what => error => { if (error.name !== 'AbortError') console.info(`No ${what}: ${error.message}`); };
        this.#preview.load(playback, this.#signal).catch(missing('previews'));
        loadWaveform(playback, this.#signal).then(waveform => { if (waveform) this.#strip.draw(waveform); }).catch(missing('waveform'));
      }, this.#signal);
      fill(this.#stage, this.#player.element, this.#bar.element);
    }
    this.#strip.element.hidden = !video.capabilities.playable;
    this.#showInsight();
    this.#showBelow();
  }

  async #showInsight() {
    this.#aside.hidden = !this.#video.capabilities.playable;
    if (this.#aside.hidden) return;
    const list = async what => (await get(`${this.#path()}/${what}`, {}, this.#signal))[what];
    const [segments, findings, recommendations] = await Promise.allSettled(['segments', 'findings', 'recommendations'].map(list));
    if (this.#signal.aborted) return;
    this.#strip.show(segments.value ?? [], findings.value ?? [], recommendations.value ?? []);
    const broken = [segments, findings, recommendations].find(({status}) => status === 'rejected');
    this.#fillAside(segments.value ?? [], findings.value ?? [], recommendations.value ?? [], broken?.reason);
  }

  #fillAside(segments, findings, recommendations, problem) {
    const said = linesOf(findings, 'words');
    const seen = linesOf(findings, 'text', 'qr_code');
    const place = {transcript: h('div'), text: h('div')};
    let shown = new AbortController();
    const showLines = () => {
      shown.abort();
      shown = new AbortController();
      const signal = AbortSignal.any([shown.signal, this.#signal]);
      fill(place.transcript, said.some(isRough) && h('p.fine.hint', {}, 'What is marked “a guess” is more likely wrong than right. Whoever runs this can have good transcripts by a Whisper model; the README says how, under Speech.'), said.length ? lineList(said, this.#query, this.playhead, signal) : this.#nothing('Nobody speaks', 'Speech that is recognised shows up here, line by line.'));
      fill(place.text, seen.length ? lineList(seen, this.#query, this.playhead, signal) : this.#nothing('No text on screen', 'Titles, slides and signs that can be read show up here.'));
    };
    const find = h('input', {type: 'search', placeholder: 'Find in this video', 'aria-label': 'Find in this video', value: this.#query});
    find.addEventListener('input', () => { this.#query = find.value.trim(); showLines(); });
    find.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.#aside.querySelector('.tab-panel:not([hidden]) .line')?.click();
    });
    showLines();
    const tags = new Tags(this.#id, this.playhead);
    const tagPanel = panel(() => tags.load(this.#signal), loaded => tags.show(loaded), 'tags');
    const count = (name, number) => number ? [`${name} `, h('span.count', {}, number)] : name;
    fill(this.#aside, problem && problemBox(problem, () => this.#showInsight()), h('div.find', {}, icon('search'), find), tabs('What is in it', [
      ['transcript', count('Speech', said.length), place.transcript],
      this.#video.kind === 'audio' ? null : ['text', count('Text', seen.length), place.text],
      ['tags', 'Tags', this.#video.capabilities.tagged ? tagPanel.element : this.#nothing('Tags come last', '')],
      ['chapters', this.#video.kind === 'audio' ? 'Chapters' : 'Shots', chapters(recommendations, segments, this.playhead, this.#signal)],
    ].filter(Boolean), this.#tab, key => { this.#tab = key; find.parentElement.hidden = key === 'tags' || key === 'chapters'; }));
    if (!this.#query && !said.length && seen.length && this.#tab === 'transcript') this.#aside.querySelector('#tab-text').click();
  }

  #nothing(title, hint) {
    return isDone(this.#video) ? emptyState(title, h('p', {}, hint)) : emptyState(`${stateOf(this.#video)} …`, h('p', {}, hint));
  }

  #showBelow() {
    const section = (title, content) => h('section.block', {}, h('h2', {}, title), content);
    const {capabilities} = this.#video;
    fill(this.#below,
      capabilities.tagged && section('Suggested', advice(this.#video, this.playhead, this.#signal, () => this.#load())),
      capabilities.tagged && section('Watch next', related(this.#id, this.#signal)),
      this.#video.status === 'ready' && section('Clips', clips(this.#video, this.playhead, this.#signal)),
      capabilities.playable && section('Files', files(this.#video, this.#signal)),
      section('What happened', happenings(this.#id, this.#signal)));
  }

  #path() {
    return `/v1/videos/${part(this.#id)}`;
  }
}
