import { createHash } from 'node:crypto';

export type NoticeKind = 'invalid' | 'used' | 'restarted' | 'unbuilt';

const FRESH = '<code>aet status</code> in the project prints a fresh link.';
const TEXT: Record<NoticeKind, { title: string; body: string }> = {
  invalid: { title: 'This link is not valid any more', body: `A console link works for ten minutes. ${FRESH}` },
  used: {
    title: 'This link was used already',
    body: `A console link works once. If it was not you who used it, replace the fleet's token. ${FRESH}`,
  },
  restarted: {
    title: 'The gateway has restarted since this link was made',
    body: `So that no link can be used twice, links end with the process that made them. ${FRESH}`,
  },
  unbuilt: {
    title: 'The console is not built',
    body: 'Run <code>npm run build</code> in the repository and restart the gateway. The API under <code>/v1</code> works without it.',
  },
};

const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--ground:#fbfbfa;--line:#d9dce0}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#9aa3ad;--ground:#131518;--line:#2c3137}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:15px/1.55 ui-sans-serif,system-ui,sans-serif}
main{max-width:30rem;padding:2rem}h1{font-size:1.25rem;line-height:1.3;margin:0 0 .5rem}p{margin:0;color:var(--soft)}
code{font:.92em ui-monospace,monospace;color:var(--ink);border:1px solid var(--line);border-radius:4px;padding:.05em .3em}
span{font-weight:650;letter-spacing:.08em;color:var(--soft);font-size:.75rem}`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A page that says what is wrong and what to do, for people who come with a link that does not work. Needs no script and no other file. */
export function noticePage(kind: NoticeKind): { html: string; csp: string } {
  const { title, body } = TEXT[kind];
  return {
    csp: `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} · AET</title><style>${STYLE}</style></head><body><main><span>AET</span><h1>${title}</h1><p>${body}</p></main></body></html>`,
  };
}
