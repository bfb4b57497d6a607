/** The library: a wall of posters, each with what happens to it now. */

import {get, part} from '../app/api.js';
import {copyable} from '../app/dialog.js';
import {fill, h, icon} from '../app/element.js';
import {counted} from '../app/format.js';
import {onKeys} from '../app/keys.js';
import {live} from '../app/live.js';
import {announce, notifyProblem} from '../app/notices.js';
import {problemBox} from '../app/panel.js';
import {session} from '../app/session.js';
import {STATUSES} from '../app/stages.js';
import {dropPlace} from '../uploads/drop.js';
import {videoCard} from './card.js';

const PAGE = 48;

export function wallPage({query, signal}) {
  const wall = new Wall(query.get('status'), signal);
  return wall.element;
}

class Wall {
  #status;
  #signal;
  #cards = new Map();
  #cursor = null;
  #counts = null;
  /** Settles once the list is there, with whether it came: until then, events have nothing to be put into. */
  #listed;
  #list = h('ul.wall', {'aria-label': 'Videos'});
  #filters = h('nav.filters', {'aria-label': 'Filter by status'});
  #more = h('button', {type: 'button', hidden: true, onclick: () => this.#load()}, 'Show more');
  #below = h('div.below', {}, this.#more);
  #total = h('span.total');

  constructor(status, signal) {
    this.#status = status;
    this.#signal = signal;
    this.element = h('div.page', {},
      h('div.page-head', {}, h('h1', {tabindex: '-1'}, 'Library'), this.#total, this.#filters), this.#list, this.#below);
    fill(this.#list, Array.from({length: 8}, () => h('li.card.ghost', {'aria-hidden': 'true'}, h('div.poster'), h('div.card-text'))));
    this.#showFilters();
    this.#listed = this.#load(true);
    live.on('video', event => this.#take(event), signal);
    live.on('again', () => { this.#listed = this.#load(true); }, signal);
    const seen = new IntersectionObserver(entries => { if (entries.some(entry => entry.isIntersecting) && !this.#more.hidden) this.#load(); }, {rootMargin: '600px'});
    seen.observe(this.#below);
    signal.addEventListener('abort', () => seen.disconnect());
    onKeys({ArrowRight: () => this.#step(1), ArrowLeft: () => this.#step(-1), ArrowDown: () => this.#step(this.#columns), ArrowUp: () => this.#step(-this.#columns)}, signal);
  }

  async #load(anew = false) {
    this.#more.hidden = true;
    try {
      const page = await get('/v1/videos', {status: this.#status, limit: PAGE, cursor: anew ? null : this.#cursor, include: anew ? 'counts' : null}, this.#signal);
      if (anew) {
        this.#cards.clear();
        this.#list.replaceChildren();
        this.#counts = page.counts ?? null;
        this.#showFilters();
      }
      page.videos.forEach(video => this.#add(video));
      this.#cursor = page.next_cursor;
      this.#more.hidden = this.#cursor === null;
      fill(this.#below, this.#more, this.#cards.size ? null : this.#empty());
      return true;
    } catch (error) {
      if (error.name === 'AbortError') return false;
      this.#list.replaceChildren();
      fill(this.#below, problemBox(error, () => { this.#listed = this.#load(true); }));
      return false;
    }
  }

  #add(video) {
    const card = videoCard(video);
    this.#cards.set(video.id, card);
    this.#list.append(card.element);
  }

  /** Puts a video where it belongs, newest first; one that is older than what is shown comes with a later page. */
  #insert(video) {
    const shown = [...this.#list.children].map(element => this.#cards.get(element.dataset.id));
    const older = shown.find(card => card.video.created_at < video.created_at);
    if (!older && this.#cursor !== null) return;
    this.#add(video);
    if (older) this.#list.insertBefore(this.#cards.get(video.id).element, older.element);
    fill(this.#below, this.#more);
  }

  /** Shows what an event says; asks for what it does not say. */
  async #take(event) {
    if (!await this.#listed) return;
    const card = this.#cards.get(event.id);
    if (event.deleted) {
      card?.element.remove();
      this.#cards.delete(event.id);
      this.#recount();
      return;
    }
    const before = card?.video;
    card?.update({status: event.status, run: event.run, progress: event.progress, failure: event.failure, capabilities: event.capabilities, title: event.title});
    if (before?.status === event.status) return;
    if (card && (event.status === 'ready' || event.status === 'failed')) announce(`${event.title}: ${STATUSES[event.status]}`);
    try {
      const video = await get(`/v1/videos/${part(event.id)}`, {}, this.#signal);
      if (this.#cards.has(video.id)) this.#cards.get(video.id).update(video);
      else if (!this.#status || this.#status === video.status) this.#insert(video);
      this.#recount();
    } catch (error) {
      if (error.status !== 404) notifyProblem(error);
    }
  }

  async #recount() {
    try {
      this.#counts = (await get('/v1/videos', {limit: 1, include: 'counts'}, this.#signal)).counts ?? null;
      this.#showFilters();
      if (!this.#cards.size) fill(this.#below, this.#more, this.#empty());
    } catch (error) {
      notifyProblem(error);
    }
  }

  #showFilters() {
    const counts = this.#counts ?? {};
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    fill(this.#total, this.#counts ? counted(total, 'video') : '');
    const shown = Object.keys(STATUSES).filter(status => status === 'ready' || status === 'failed' || counts[status] || status === this.#status);
    const filter = (status, name, count) => h('a', {href: status ? `#/?status=${status}` : '#/', 'aria-current': status === this.#status ? 'true' : null},
      name, count ? h('span.count', {}, count.toLocaleString('en')) : null);
    fill(this.#filters, filter(null, 'All', total), shown.map(status => filter(status, STATUSES[status], counts[status])));
  }

  #empty() {
    if (this.#status) {
      return h('div.empty', {}, h('p.empty-title', {}, `No video is ${STATUSES[this.#status]?.toLowerCase() ?? this.#status} now.`), h('p', {}, h('a', {href: '#/'}, 'Show all videos')));
    }
    if (!session.may('editor')) {
      return h('div.empty', {}, h('p.empty-title', {}, 'There are no videos yet'), h('p', {}, 'Your role may watch but not upload; ask an editor for the first one.'));
    }
    return h('div.first-steps', {}, dropPlace(),
      h('div.or', {}, h('h2', {}, 'Or without the browser'),
        h('p', {}, 'On the machine that runs this, drop a file into the uploads folder, or:'), copyable('automations process my-video.mp4'),
        h('p', {}, 'From a program, ask for a place to upload to, then send the bytes there:'),
        copyable(`curl ${location.origin}/v1/uploads \\\n  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n  -d '{"name": "my-video.mp4", "size_bytes": 1048576}'`),
        h('p', {}, h('a', {href: '/docs'}, 'All of the API', icon('chevron')))));
  }

  get #columns() {
    return getComputedStyle(this.#list).gridTemplateColumns.split(' ').length;
  }

  #step(by) {
    const links = [...this.#list.querySelectorAll('.card-link')];
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
  }
}
