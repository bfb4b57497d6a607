/** Who is logged in: the token, for this tab only, and what the API says about it. */

const TOKEN = 'automations.token';
const RANKS = ['viewer', 'editor', 'admin'];

export const session = {
  /** @type {{owner: string, role: string, subject: string}|null} Who the token stands for. */
  me: null,

  get token() {
    return sessionStorage.getItem(TOKEN);
  },

  set token(token) {
    sessionStorage.setItem(TOKEN, token);
  },

  /** Takes a token over from the address (`/#token=…`) and removes it from there and from the history. */
  takeOver() {
    const match = location.hash.match(/^#token=([\w.-]+)$/);
    if (!match) return;
    this.token = match[1];
    history.replaceState(null, '', '/');
  },

  end() {
    sessionStorage.removeItem(TOKEN);
    this.me = null;
  },

  /** Tells whether somebody's role is at least this one. */
  may(role) {
    return this.me !== null && RANKS.indexOf(this.me.role) >= RANKS.indexOf(role);
  },
};
