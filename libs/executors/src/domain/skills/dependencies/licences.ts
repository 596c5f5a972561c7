/** How a licence binds who ships the package. */
export type LicenceKind = 'permissive' | 'weak-copyleft' | 'copyleft' | 'unknown' | 'unlicensed';

const COPYLEFT = /^(A?GPL|SSPL|OSL|EUPL|CC-BY-SA|CC-BY-NC|RPL|Sleepycat|CPAL)/i;
const WEAK = /^(LGPL|MPL|EPL|CDDL|MS-RL|CPL|IPL)/i;
const PERMISSIVE =
  /^(MIT|MIT-0|ISC|0BSD|BSD([ -].*)?|Apache.*|BlueOak-.*|CC0-.*|CC-BY-[34].*|Unlicense|Python-2.*|PSF-.*|WTFPL|Zlib|Artistic-2.*|X11|BSL-1\.0|AFL-.*|OFL-1\.1|Unicode-.*|NCSA|W3C.*|PostgreSQL|Ruby)$/i;

const rank: readonly LicenceKind[] = ['permissive', 'weak-copyleft', 'copyleft', 'unknown', 'unlicensed'];

function single(name: string): LicenceKind {
  const plain = name.replace(/\s+WITH\s+.*$/i, '').trim();
  if (/^UNLICENSED$/i.test(plain)) return 'unlicensed';
  if (COPYLEFT.test(plain)) return 'copyleft';
  if (WEAK.test(plain)) return 'weak-copyleft';
  return PERMISSIVE.test(plain) ? 'permissive' : 'unknown';
}

/** Reads an SPDX expression: of alternatives the mildest counts, of parts that all apply the strictest. */
export function licenceKind(expression: string | undefined): LicenceKind {
  if (expression === undefined || expression.trim() === '') return 'unknown';
  const text = expression.replaceAll(/[()]/g, ' ');
  const alternatives = text.split(/\s+OR\s+|\s*\/\s*/i).map((all) => {
    const kinds = all.split(/\s+AND\s+/i).map(single);
    return Math.max(...kinds.map((kind) => rank.indexOf(kind)));
  });
  return rank[Math.min(...alternatives)] ?? 'unknown';
}
