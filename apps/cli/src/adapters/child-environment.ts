/** What a service may know of its surroundings. Everything else stays here: an environment is a place where secrets lie around. */
const PASSED = new Set([
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'XDG_CACHE_HOME',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NO_PROXY',
  'no_proxy',
  'AET_ENV',
  'NODE_ENV',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
]);
/** A proxy's address may hold a password: then it is not passed on. */
const PROXIES = new Set(['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']);

/** The environment of children, from that of the supervisor. `AET__…` values are configuration, and configuration holds no secrets. */
export function childEnvironment(env: Readonly<NodeJS.ProcessEnv>, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const passed = Object.entries(env).filter(
    ([name, value]) => PASSED.has(name) || name.startsWith('AET__') || (PROXIES.has(name) && value?.includes('@') === false),
  );
  return { ...Object.fromEntries(passed), ...more };
}
