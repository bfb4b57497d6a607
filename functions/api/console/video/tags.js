/** What the video is about, why the machine thinks so, and a way to say otherwise. */

import {get, part, put, remove} from '../app/api.js';
import {ask} from '../app/dialog.js';
import {field, fill, h, icon, iconButton} from '../app/element.js';
import {clock, percent} from '../app/format.js';
import {announce, notifyProblem} from '../app/notices.js';
import {emptyState} from '../app/panel.js';
import {session} from '../app/session.js';

const KINDS = {category: 'Categories', topic: 'Topics', text: 'On screen', sound: 'Sound', object: 'Things', 'person-mentioned': 'People mentioned', style: 'Style', quality: 'Quality'};

export class Tags {
  element = h('div.tags');
  #id;
  #playhead;
  #chosen = null;

  constructor(id, playhead) {
    this.#id = id;
    this.#playhead = playhead;
  }

  /** Asks for the tags. */
  async load(signal) {
    return (await get(this.#path(), {}, signal)).tags;
  }

  /** Shows tags; the one that is chosen comes with its evidence. */
  show(tags) {
    this.#chosen = tags.find(tag => tag.label === this.#chosen)?.label ?? tags[0]?.label ?? null;
    const groups = Map.groupBy(tags, tag => tag.kind);
    const kinds = [...Object.keys(KINDS).filter(kind => groups.has(kind)), ...[...groups.keys()].filter(kind => !KINDS[kind])];
    const evidence = h('div.evidence', {'aria-live': 'polite'});
    const chips = [];
    const choose = tag => {
      this.#chosen = tag.label;
      chips.forEach(([chip, shown]) => chip.setAttribute('aria-pressed', String(shown === tag)));
      fill(evidence, this.#evidence(tag, tags.some(other => other !== tag && other.label === tag.label)));
    };
    const chip = tag => {
      const button = h('button.tag', {type: 'button', 'aria-pressed': 'false', onclick: () => choose(tag)}, tag.label, isConfirmed(tag) ? icon('check') : null);
      chips.push([button, tag]);
      return h('li', {}, button);
    };
    fill(this.element,
      tags.length ? kinds.map(kind => h('section', {}, h('h3', {}, KINDS[kind] ?? kind), h('ul.tag-list', {}, groups.get(kind).map(chip)))) : emptyState('No tags', h('p', {}, 'Nothing was found that would earn one.')),
      session.may('editor') && h('button.small', {type: 'button', onclick: () => this.#askForTag()}, icon('plus'), 'Add a tag'),
      evidence);
    const chosen = tags.find(tag => tag.label === this.#chosen);
    if (chosen) choose(chosen);
    return this.element;
  }

  #evidence(tag, isShared) {
    const mayChange = session.may('editor');
    return [
      h('header', {}, h('h3', {}, tag.label), h('span.fine', {}, isConfirmed(tag) ? 'said by a person' : `${percent(tag.confidence)} sure`),
        mayChange && !isConfirmed(tag) && iconButton('check', `Confirm the tag ${tag.label}`, () => this.#confirm(tag)),
        mayChange && iconButton('trash', `Take off the tag ${tag.label}`, () => this.#takeOff(tag))),
      mayChange && isShared && h('p.fine', {}, `To confirm this one takes the other “${tag.label}” off; to take it off takes off both.`),
      h('ul', {}, tag.evidence.toSorted((one, other) => one.start_s - other.start_s).map(one => h('li', {}, h('button.proof', {type: 'button', onclick: () => this.#playhead.seek(one.start_s)},
        one.frame_url && h('img', {src: one.frame_url, alt: `Picture at ${clock(one.start_s)}`, loading: 'lazy'}),
        h('span', {}, h('time', {}, clock(one.start_s)), one.quote ? h('q', {}, one.quote) : h('span', {}, 'seen here'),
          h('small', {}, one.modality === one.producer ? one.modality : `${one.modality} · ${one.producer}`)))))),
    ];
  }

  #askForTag() {
    const label = h('input', {name: 'label', required: true, maxlength: 100, autocomplete: 'off', spellcheck: 'true'});
    const here = h('input', {type: 'checkbox', name: 'here', id: 'tag-here'});
    const time_s = this.#playhead.time_s;
    ask('Add a tag', [field('Tag', label), h('p.check', {}, here, h('label', {for: 'tag-here'}, `It is about the moment at ${clock(time_s)}`))], 'Add', async values => {
      const wanted = values.get('label').trim().toLowerCase();
      this.#chosen = wanted;
      this.#changed(await put(`${this.#path()}/${part(wanted)}`, values.get('here') ? {start_s: time_s, end_s: Math.min(time_s + 1, this.#playhead.duration_s)} : {}), `Tag ${wanted} added`);
    });
  }

  #confirm(tag) {
    put(`${this.#path()}/${part(tag.label)}`, {kind: tag.kind})
      .then(answer => this.#changed(answer, `Tag ${tag.label} confirmed`)).catch(notifyProblem);
  }

  #takeOff(tag) {
    remove(`${this.#path()}/${part(tag.label)}`).then(answer => this.#changed(answer, `Tag ${tag.label} taken off`)).catch(notifyProblem);
  }

  #changed(answer, said) {
    this.show(answer.tags);
    announce(said);
    (this.element.querySelector('[aria-pressed=true]') ?? this.element.querySelector('button'))?.focus();
  }

  #path() {
    return `/v1/videos/${part(this.#id)}/tags`;
  }
}

/** Tells whether a person says so: that is evidence like any other. */
const isConfirmed = tag => tag.evidence.some(one => one.producer === 'person');
