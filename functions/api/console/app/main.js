/** The console: who is there, and which page they see. */

import {keepAges} from './ages.js';
import {get, whenExpired} from './api.js';
import {live} from './live.js';
import {placeNotices} from './notices.js';
import {startRouter} from './router.js';
import {session} from './session.js';
import {Shell} from './shell.js';
import {applyTheme} from './theme.js';
import {uploads} from '../uploads/queue.js';
import {loginPage} from '../views/login.js';
import {searchPage} from '../views/search.js';
import {settingsPage} from '../views/settings.js';
import {unknownPage} from '../views/unknown.js';
import {usagePage} from '../views/usage.js';
import {videoPage} from '../views/video.js';
import {wallPage} from '../views/wall.js';

const ROUTES = [
  [/^\/$/, wallPage],
  [/^\/videos\/([^/]+)$/, videoPage],
  [/^\/search$/, searchPage],
  [/^\/usage$/, usagePage],
  [/^\/settings(?:\/(\w+))?$/, settingsPage],
  [/^/, unknownPage],
];

let leave = new AbortController();

async function enter(trouble = null) {
  leave.abort();
  leave = new AbortController();
  if (!session.token) return showLogin(trouble);
  try {
    session.me = await get('/v1/me');
  } catch (error) {
    return error.status === 401 ? undefined : showLogin(error);
  }
  const shell = new Shell(logOut, leave.signal);
  live.start();
  uploads.remember(session.me.owner);
  keepAges(leave.signal);
  startRouter(ROUTES, page => shell.show(page), leave.signal);
  return undefined;
}

function showLogin(trouble) {
  live.end();
  document.body.replaceChildren(loginPage(enter, trouble));
  placeNotices(document.body);
  document.body.querySelector('input')?.focus();
}

function logOut(trouble = null) {
  uploads.forget();
  session.end();
  enter(trouble);
}

applyTheme();
session.takeOver();
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) {
    session.takeOver();
    enter();
  }
});
whenExpired(problem => { session.end(); enter(problem); });
enter();
