/** Logging in: with a token, as there is no password anywhere. */

import {copyable} from '../app/dialog.js';
import {field, h, icon} from '../app/element.js';
import {problemBox} from '../app/panel.js';
import {session} from '../app/session.js';

/**
 * @param {function} onToken What happens once there is a token.
 * @param {Problem|null} trouble Why the last one did not do.
 */
export function loginPage(onToken, trouble) {
  const input = h('input', {type: 'password', name: 'token', required: true, autocomplete: 'off', spellcheck: 'false'});
  const lanes = new URL('../lanes.svg', import.meta.url).pathname;
  return h('main.login', {},
    h('img.login-picture', {src: lanes, alt: ''}),
    h('div.login-card', {},
      h('p.brand', {}, icon('mark'), h('span', {}, 'Automations')),
      h('h1', {}, 'Log in'),
      h('p', {}, 'Every video becomes something to watch, search and cut: renditions, shots, speech, text, tags.'),
      trouble && problemBox(trouble),
      h('form', {
        onsubmit: event => {
          event.preventDefault();
          session.token = input.value.trim();
          onToken();
        },
      }, field('Token or API key', input, 'It stays in this tab, until you close it or log out.'),
      h('button.primary.wide', {type: 'submit'}, 'Log in')),
      h('details.quiet', {}, h('summary', {}, 'Where do I get one?'),
        h('p', {}, 'On your own machine, this prints one that works for a while:'),
        copyable('automations token --role admin'),
        h('p', {}, 'Anywhere else, log in where your organisation does and use the token you get there, or ask an admin for an API key.'))));
}
