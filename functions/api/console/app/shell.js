/** What stands around every page: where one can go, search, uploads, who one is. */

import {fill, h, icon, iconButton, vary} from './element.js';
import {onKeys, showKeys} from './keys.js';
import {live} from './live.js';
import {placeNotices} from './notices.js';
import {go} from './router.js';
import {session} from './session.js';
import {themeButton} from './theme.js';
import {openAddDialog} from '../uploads/add.js';
import {acceptDrops} from '../uploads/drop.js';
import {uploadTray} from '../uploads/tray.js';

const PLACES = [['/', 'Library', 'library', 'viewer'], ['/usage', 'Usage', 'usage', 'viewer'], ['/settings', 'Settings', 'settings', 'admin']];
const LIVE = {
  off: [''], connecting: [''], live: ['Live'],
  waiting: ['Not live', ': what you see may be old. Connecting again …'],
};

export class Shell {
  #main = h('main', {id: 'main', tabindex: '-1'});
  #search = h('input', {type: 'search', name: 'q', placeholder: 'Search speech, text, tags, titles', 'aria-label': 'Search all videos', autocomplete: 'off', enterkeyhint: 'search'});
  #places = PLACES.filter(([,,, role]) => session.may(role));
  #links = this.#places.map(([path, name, picture]) => h('a.place', {href: `#${path}`}, icon(picture), h('span', {}, name)));
  #first = true;

  /**
   * @param {function} onLogOut What logging out does.
   * @param {AbortSignal} signal Tells when this shell is gone.
   */
  constructor(onLogOut, signal) {
    const skip = h('a.skip', {href: '#main', onclick: event => { event.preventDefault(); this.#main.focus(); }}, 'Skip to content');
    document.body.replaceChildren(skip, this.#header(onLogOut, signal), this.#main);
    if (session.may('editor')) {
      document.body.append(uploadTray(signal));
      acceptDrops(signal);
    }
    placeNotices(document.body);
    onKeys({
      '/': () => { this.#search.focus(); this.#search.select(); },
      '?': showKeys,
      u: () => { if (session.may('editor')) openAddDialog(); },
    }, signal);
  }

  /** Puts a page on the screen and, unless it is the first, the focus on its heading. */
  show(page) {
    fill(this.#main, page);
    this.#links.forEach((link, index) => {
      const path = this.#places[index][0];
      const here = (location.hash.slice(1).split('?')[0] || '/');
      const current = path === '/' ? here === '/' : here.startsWith(path);
      if (current) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    });
    const heading = this.#main.querySelector('h1');
    document.title = heading ? `${heading.textContent} · Automations` : 'Automations';
    if (!this.#first && document.activeElement !== this.#search) {
      scrollTo(0, 0);
      (heading ?? this.#main).focus({preventScroll: true});
    }
    this.#first = false;
    if (!location.hash.startsWith('#/search')) this.#search.value = '';
  }

  #header(onLogOut, signal) {
    const form = h('form.search', {
      role: 'search',
      onsubmit: event => {
        event.preventDefault();
        const query = this.#search.value.trim();
        if (query) go(`/search?q=${encodeURIComponent(query)}`);
      },
    }, icon('search'), this.#search, h('kbd', {'aria-hidden': 'true'}, '/'));
    this.#search.addEventListener('keydown', event => { if (event.key === 'Escape') this.#search.blur(); });
    return h('header.top', {},
      h('a.brand', {href: '#/', 'aria-label': 'Automations, library'}, icon('mark'), h('span', {}, 'Automations')),
      form,
      h('nav.places', {'aria-label': 'Main'}, this.#links),
      h('div.tools', {},
        liveSign(signal),
        session.may('editor') && h('button.primary.add', {type: 'button', 'aria-label': 'Add videos', onclick: () => openAddDialog()}, icon('upload'), h('span', {}, 'Add videos')),
        themeButton(),
        account(onLogOut)));
  }
}

function liveSign(signal) {
  const [word, more] = [h('span.live-word'), h('span.unseen')];
  const sign = h('span.live-sign', {role: 'status'}, h('i', {'aria-hidden': 'true'}), word, more);
  const show = state => {
    sign.dataset.state = state;
    const [said, meaning = ''] = LIVE[state];
    sign.title = [said, meaning].join('');
    fill(word, said);
    fill(more, meaning);
  };
  live.on('state', show, signal);
  show(live.state);
  return sign;
}

function account(onLogOut) {
  const {owner, role, subject} = session.me;
  const menu = h('details.menu', {},
    h('summary', {'aria-label': `Account of ${owner}`, title: subject}, vary(h('span.avatar', {'aria-hidden': 'true'}, [...owner][0]?.toUpperCase() ?? '?'), {hue: hue(owner)})),
    h('div.menu-items', {},
      h('p.who', {}, h('strong', {}, owner), h('span', {}, `${role}${subject && subject !== owner ? ` · ${subject}` : ''}`)),
      h('button', {type: 'button', onclick: showKeys}, icon('keyboard'), 'Keyboard'),
      h('a', {href: '/docs'}, icon('info'), 'API reference'),
      h('button', {type: 'button', onclick: () => onLogOut()}, icon('exit'), 'Log out')));
  closeOutside(menu);
  return menu;
}

/** Closes a menu on Escape, and once something in or beside it is chosen. */
export function closeOutside(menu) {
  const close = event => {
    if (event.type === 'keydown') {
      if (event.key !== 'Escape') return;
      menu.querySelector('summary').focus();
    } else if (menu.contains(event.target) && !event.target.closest('.menu-items :is(a, button)')) return;
    menu.open = false;
  };
  menu.addEventListener('toggle', () => {
    const change = menu.open ? 'addEventListener' : 'removeEventListener';
    document[change]('click', close);
    document[change]('keydown', close);
  });
}

function hue(text) {
  return [...text].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 360, 7);
}
