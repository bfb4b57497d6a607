/** What an admin sets: keys, webhooks, exports; and who did what. */

import {h} from '../app/element.js';
import {emptyState} from '../app/panel.js';
import {session} from '../app/session.js';
import {auditSection} from '../settings/audit.js';
import {exportsSection} from '../settings/exports.js';
import {keysSection} from '../settings/keys.js';
import {webhooksSection} from '../settings/webhooks.js';

const SECTIONS = {keys: ['API keys', keysSection], webhooks: ['Webhooks', webhooksSection], exports: ['Exports', exportsSection], audit: ['Audit log', auditSection]};

export function settingsPage(wanted, {signal}) {
  const key = SECTIONS[wanted] ? wanted : 'keys';
  const [name, section] = SECTIONS[key];
  if (!session.may('admin')) {
    return h('div.page', {}, h('div.page-head', {}, h('h1', {tabindex: '-1'}, 'Settings')),
      emptyState('Admins only', h('p', {}, `You are logged in as ${session.me.role}. API keys, webhooks, exports and the audit log are for admins; ask one, or log in with an admin's token.`)));
  }
  return h('div.page.settings', {},
    h('nav.settings-nav', {'aria-label': 'Settings'}, Object.entries(SECTIONS).map(([other, [title]]) => h('a', {href: `#/settings/${other}`, 'aria-current': other === key ? 'page' : null}, title))),
    h('div.settings-body', {}, h('h1', {tabindex: '-1'}, name), section(signal)));
}
