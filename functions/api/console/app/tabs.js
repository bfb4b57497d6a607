/** Tabs: one of several panels at a time. */

import {h} from './element.js';
import {rove} from './keys.js';

/**
 * Makes tabs.
 * @param {string} label What they are about.
 * @param {Array<[string, string, Node]>} entries Key, name and panel of each.
 * @param {string} chosen Key of the first one shown.
 * @param {function(string)} onChoose Told which is shown.
 */
export function tabs(label, entries, chosen, onChoose) {
  const bar = h('div.tab-bar', {role: 'tablist', 'aria-label': label});
  const panels = entries.map(([key, , content]) => h('div.tab-panel', {role: 'tabpanel', id: `panel-${key}`, 'aria-labelledby': `tab-${key}`, tabindex: '0'}, content));
  const choose = key => {
    entries.forEach(([other], index) => {
      panels[index].hidden = other !== key;
      bar.children[index].setAttribute('aria-selected', String(other === key));
      bar.children[index].tabIndex = other === key ? 0 : -1;
    });
    onChoose(key);
  };
  bar.append(...entries.map(([key, name]) => h('button', {type: 'button', role: 'tab', id: `tab-${key}`, 'aria-controls': `panel-${key}`, onclick: () => choose(key), onfocus: () => choose(key)}, name)));
  rove(bar, '[role=tab]');
  choose(chosen);
  return h('div.tabs', {}, bar, panels);
}
