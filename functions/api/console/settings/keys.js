/** API keys: for programs, each with a role, an end and a way to take it back. */

import {ago} from '../app/ages.js';
import {get, part, post, remove} from '../app/api.js';
import {ask, copyable, openDialog} from '../app/dialog.js';
import {dotted, field, h, icon} from '../app/element.js';
import {notify} from '../app/notices.js';
import {emptyState, panel} from '../app/panel.js';

const DAY_MS = 86_400_000;
const LIVES = [['30', '30 days'], ['90', '90 days'], ['365', 'A year'], ['', 'Never']];

export function keysSection(signal) {
  const list = panel(async () => (await get('/v1/keys', {}, signal)).keys, keys => keys.length ? h('ul.rows', {}, keys.map(key => row(key, list.reload))) : emptyState('No keys yet', h('p', {}, 'A program that uses the API sends a key instead of a person’s token.')), 'keys');
  return [
    h('p.lead', {}, 'A key lets a program act with a role of its own. It is shown once, kept as a hash, and works until it ends or is revoked.'),
    h('p', {}, h('button.primary', {type: 'button', onclick: () => create(list.reload)}, icon('plus'), 'New key')), list.element,
  ];
}

function row(key, reload) {
  const ends = key.expires_at ? ['ends ', ago(key.expires_at)] : 'never ends';
  return h('li', {}, h('div', {}, h('strong', {}, key.name), h('p.fine', {}, dotted(key.role, ['made ', ago(key.created_at)], ends))),
    h('button.small', {type: 'button', 'aria-label': `Revoke ${key.name}`, onclick: () => revoke(key, reload)}, 'Revoke'));
}

function revoke(key, reload) {
  ask('Revoke this key?', [h('p', {}, 'Whatever uses ', h('strong', {}, key.name), ' is refused from now on.')], 'Revoke', async () => {
    await remove(`/v1/keys/${part(key.id)}`);
    return () => { notify('The key is revoked.'); reload(); };
  }, true);
}

function create(reload) {
  const name = h('input', {name: 'name', required: true, maxlength: 100, autocomplete: 'off'});
  const role = h('select', {name: 'role'}, ['viewer', 'editor', 'admin'].map(one => h('option', {value: one}, one)));
  const life = h('select', {name: 'life'}, LIVES.map(([days, said]) => h('option', {value: days}, said)));
  ask('New key', [field('Name', name, 'What uses it, such as “nightly import”.'), field('Role', role), field('Ends after', life)], 'Make key', async values => {
    const days = Number(values.get('life'));
    const made = await post('/v1/keys', {name: values.get('name'), role: values.get('role'), ...(days ? {expires_at: new Date(Date.now() + days * DAY_MS).toISOString()} : {})});
    return () => {
      reload();
      openDialog('Copy the key now', h('p', {}, 'It is not shown again.'), copyable(made.secret, 'Copy key'));
    };
  });
}
