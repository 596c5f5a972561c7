/** What a path alone says about a file. Content is looked at later, by whoever reads it. */

const BINARY =
  /\.(png|jpe?g|gif|webp|avif|ico|icns|bmp|tiff?|psd|pdf|zip|t?gz|bz2|xz|zst|7z|rar|jar|war|class|so|dylib|dll|exe|o|a|lib|wasm|node|woff2?|ttf|otf|eot|mp[34]|m4a|mov|avi|mkv|webm|wav|flac|ogg|sqlite3?|db|parquet|pyc|bin|dat|pack|idx|keystore|p12|pfx)$/i;
const VENDORED = /(^|\/)(node_modules|bower_components|vendor|third_party|\.yarn\/(cache|releases)|Pods|\.venv|site-packages)\//;
const GENERATED =
  /(\.min\.(js|css|mjs)|\.bundle\.js|\.map|\.snap|\.pb\.go|_pb2\.py|\.generated\.\w+|\.d\.ts\.map)$|(^|\/)(dist|build|out|coverage|\.next|target)\//i;
const LOCKFILE =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock)$/;
const NOT_A_CONTRACT =
  /(^|\/)(package\.json|tsconfig[^/]*\.json|\.?[\w-]*rc\.json|angular\.json|nest-cli\.json|lerna\.json|composer\.json|docker-compose[^/]*\.ya?ml|mkdocs\.yml)$|(^|\/)(\.github|\.vscode|\.idea|\.circleci)\//;

export const isBinaryName = (path: string): boolean => BINARY.test(path);
export const isVendored = (path: string): boolean => VENDORED.test(path);
const isGenerated = (path: string): boolean => GENERATED.test(path);
export const isLockfile = (path: string): boolean => LOCKFILE.test(path);

/** YAML or JSON that may hold an OpenAPI document or a JSON Schema. The guardian reads the content and decides. */
export const isContractCandidate = (path: string): boolean =>
  /\.(ya?ml|json)$/i.test(path) && !isLockfile(path) && !NOT_A_CONTRACT.test(path) && !isVendored(path);

/** Why a file is not indexed; undefined: it is. */
export type LeftOut = 'binary' | 'vendored' | 'generated' | 'lockfile';
export function leftOutReason(path: string): LeftOut | undefined {
  if (isVendored(path)) return 'vendored';
  if (isLockfile(path)) return 'lockfile';
  if (isBinaryName(path)) return 'binary';
  return isGenerated(path) ? 'generated' : undefined;
}
