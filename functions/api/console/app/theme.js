/** Dark or light: as the system says, unless somebody chose. */

import {icon, h, fill} from './element.js';

const KEY = 'automations.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** Applies what was chosen before. */
export function applyTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen) document.documentElement.dataset.theme = chosen;
}

/** Makes the button that changes it. */
export function themeButton() {
  const button = h('button.icon-button', {
    type: 'button',
    onclick: () => {
      const next = isDark() ? 'light' : 'dark';
      document.documentElement.dataset.theme = next;
      localStorage.setItem(KEY, next);
      show();
    },
  });
  const show = () => {
    const label = isDark() ? 'Use light colours' : 'Use dark colours';
    button.setAttribute('aria-label', label);
    button.title = label;
    fill(button, icon(isDark() ? 'sun' : 'moon'));
  };
  system.addEventListener('change', show);
  show();
  return button;
}

function isDark() {
  return (document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';
}
