/** Single keys that do things. Whoever talks to the browser, or types with a switch, can turn them off. */

import {h} from './element.js';
import {openDialog} from './dialog.js';

const OFF = 'automations.keys-off';
const HELP = [
  ['Everywhere', [['/', 'Search'], ['u', 'Add videos'], ['?', 'This list'], ['Esc', 'Close, or leave a field']]],
  ['Library', [['← → ↑ ↓', 'Go from video to video'], ['Enter', 'Open']]],
  ['Video', [
    ['Space or k', 'Play, pause'], ['← →', '5 s back, forward'], ['j l', '10 s back, forward'],
    [', .', 'One frame back, forward'], ['[ ]', 'Shot before, after'], ['m', 'Sound off, on'], ['c', 'Captions'],
    ['f', 'Full screen'], ['0 … 9', 'Go to that tenth'],
  ]],
];

/**
 * Has keys do things until a signal.
 * @param {Object<string, function(KeyboardEvent)>} actions Key -> what it does.
 */
export function onKeys(actions, signal) {
  addEventListener('keydown', event => {
    const action = actions[event.key];
    if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (localStorage.getItem(OFF) || isTaken(event)) return;
    event.preventDefault();
    action(event);
  }, {signal});
}

/** Tells whether what has the focus uses the key itself. */
function isTaken({target, key}) {
  if (document.querySelector('dialog[open]')) return true;
  if (target.matches('input:not([type=range]), textarea, select, [contenteditable]')) return true;
  if (target.matches('[role=slider], [role=tab], [data-roving], input') && key.startsWith('Arrow')) return true;
  return key === ' ' && target.matches('button, a, summary, input, [role=button]');
}

/** Shows which keys there are. */
export function showKeys() {
  const box = h('input', {type: 'checkbox', id: 'keys-on', checked: !localStorage.getItem(OFF)});
  box.addEventListener('change', () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, '1');
  });
  openDialog('Keyboard',
    h('div.key-groups', {}, HELP.map(([title, keys]) => h('section', {}, h('h3', {}, title),
      h('dl.keys', {}, keys.map(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]))))),
    h('p.check', {}, box, h('label', {for: 'keys-on'}, 'Single keys do these things')));
}

/** Lets arrows go through the elements of a group, of which one is in the order of the tab key. */
export function rove(group, selector) {
  const all = () => [...group.querySelectorAll(selector)];
  const settle = chosen => all().forEach(element => { element.tabIndex = element === chosen ? 0 : -1; });
  group.addEventListener('focusin', event => { if (event.target.matches(selector)) settle(event.target); });
  group.addEventListener('keydown', event => {
    const elements = all();
    const at = elements.indexOf(event.target);
    const steps = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1};
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? elements.length - 1 : at + steps[event.key];
    if (at < 0 || !elements[to]) return;
    event.preventDefault();
    elements[to].focus();
  });
  settle(all()[0]);
}
