/** What an address shows that leads nowhere. */

import {h} from '../app/element.js';
import {emptyState} from '../app/panel.js';

export function unknownPage() {
  return h('div.page', {}, h('div.page-head', {}, h('h1', {tabindex: '-1'}, 'Page not found')),
    emptyState('There is nothing at this address', h('p', {}, h('a', {href: '#/'}, 'Go to the library'))));
}
