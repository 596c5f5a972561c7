import { NotFound } from '@aet/contracts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AetConfig } from './aet-config.js';
import { ConfigInvalid, type ConfigProblem } from './config-problem.js';
import { ConfigSource, type Explanation } from './config-source.js';
import { environmentLayer, flagsLayer } from './environment-layer.js';
import { readFileLayer } from './file-layer.js';
import { isRecord, type Layer, mergeLayers, valueAt } from './layer.js';
import { findHome, findProject } from './locations.js';
import { defaultsOf, nodeAt, schemaCheck, type SchemaCheck, type SchemaNode } from './schema.js';
import { semanticProblems } from './semantic-checks.js';

export interface LoadOptions {
  /** Folder from which the project is looked for. */
  cwd: string;
  /** `AET_ENV` (default `dev`), `AET_CONFIG_RUNTIME`, and `AET__section__key` values. */
  env: Readonly<Record<string, string | undefined>>;
  /** Dotted key → text. */
  flags?: Readonly<Record<string, string>>;
  /** Folder of AET's own `config/`; found by itself when absent. */
  home?: string;
}

/** Reads and merges all layers. @throws {ConfigInvalid} with every problem found. */
export function loadConfig(options: LoadOptions): ConfigSource {
  const home = options.home ?? findHome();
  const project = findProject(resolve(options.cwd));
  const schema = JSON.parse(readFileSync(join(home, 'config/schema/aet.schema.json'), 'utf8')) as SchemaNode;
  const layers = readLayers({ ...options, home, project, schema });
  const check = schemaCheck(schema);
  const problems = layers.filter((layer) => layer.name !== 'default').flatMap((layer) => schemaProblems(layer, check));
  if (problems.length > 0) throw new ConfigInvalid(problems);
  const config = expand(mergeLayers(layers), { home, project }) as AetConfig;
  const semantic = semanticProblems(config).map((problem) => ({ ...problem, ...whoSet(layers, problem.key.split('.')) }));
  if (semantic.length > 0) throw new ConfigInvalid(semantic);
  return new LayeredConfig(deepFreeze(config), layers, schema);
}

interface Places extends LoadOptions {
  home: string;
  project: string;
  schema: SchemaNode;
}

/** All layers, the strongest last. Cell and host files are chosen by the names that the other layers give. */
function readLayers(places: Places): Layer[] {
  const { home, project, env, schema } = places;
  const present = (layers: (Layer | undefined)[]): Layer[] => layers.filter((layer) => layer !== undefined);
  const environmentName = env['AET_ENV'] ?? 'dev';
  const below = present([
    { name: 'default', value: defaultsOf(schema) as Record<string, unknown>, locate: () => ({ layer: 'default' }) },
    readFileLayer('base', join(home, 'config/base.yaml')),
    requiredEnvironment(home, environmentName),
  ]);
  const above = present([
    readFileLayer('project', join(project, '.aet/config.yaml')),
    runtimeLayer(project, env['AET_CONFIG_RUNTIME']),
    environmentLayer(env, schema),
    flagsLayer(places.flags ?? {}, schema),
  ]);
  const names = mergeLayers([...below, ...above]);
  const overlay = (kind: 'cell' | 'host') =>
    readFileLayer(
      `${kind}/${String(valueAt(names, [kind, 'name']))}`,
      join(home, `config/${kind}s`, `${String(valueAt(names, [kind, 'name']))}.yaml`),
    );
  return [...below, ...present([overlay('cell'), overlay('host')]), ...above];
}

function requiredEnvironment(home: string, name: string): Layer {
  const folder = join(home, 'config/env');
  const layer = /^[a-z0-9-]+$/.test(name) ? readFileLayer(`env/${name}`, join(folder, `${name}.yaml`)) : undefined;
  if (layer !== undefined) return layer;
  const known = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ''));
  throw new ConfigInvalid([
    { key: '', message: `AET_ENV must be one of ${known.join(', ')}`, origin: { layer: 'environment (AET_ENV)' }, value: name },
  ]);
}

/** What the supervisor wrote for the running fleet: named by the environment, or the only cell of the project. */
function runtimeLayer(project: string, named: string | undefined): Layer | undefined {
  if (named !== undefined) {
    const layer = readFileLayer('runtime', named);
    if (layer !== undefined) return layer;
    throw new ConfigInvalid([
      { key: '', message: 'does not exist: start the fleet with `aet up`', origin: { layer: 'runtime', file: named } },
    ]);
  }
  const cells = join(project, '.aet/state/cells');
  const files = existsSync(cells)
    ? readdirSync(cells)
        .map((cell) => join(cells, cell, 'runtime.yaml'))
        .filter((file) => existsSync(file))
    : [];
  return files.length === 1 && files[0] !== undefined ? readFileLayer('runtime', files[0]) : undefined;
}

function schemaProblems(layer: Layer, check: SchemaCheck): ConfigProblem[] {
  return check(layer.value).map(({ path, message, value }) => ({
    key: path.join('.'),
    message,
    origin: layer.locate(path),
    ...(value === undefined ? {} : { value }),
  }));
}

function whoSet(layers: readonly Layer[], path: string[]): Pick<ConfigProblem, 'origin' | 'value'> {
  const layer = layers.findLast((candidate) => valueAt(candidate.value, path) !== undefined);
  return {
    origin: layer?.locate(path) ?? { layer: 'default' },
    value: layer === undefined ? undefined : valueAt(layer.value, path),
  };
}

/** `{home}` and `{project}` at the beginning of a path. */
function expand(value: unknown, places: { home: string; project: string }): unknown {
  if (typeof value === 'string') return value.replace(/^\{(home|project)\}/, (_, name: 'home' | 'project') => places[name]);
  if (Array.isArray(value)) return value.map((item) => expand(item, places));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner, places)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

class LayeredConfig extends ConfigSource {
  constructor(
    readonly config: Readonly<AetConfig>,
    private readonly layers: readonly Layer[],
    private readonly schema: SchemaNode,
  ) {
    super();
  }

  explain(key: string): Explanation {
    const path = key.split('.');
    if (nodeAt(this.schema, path) === undefined)
      throw new NotFound(`the configuration has no key "${key}": see config/schema/aet.schema.json`);
    const origins = this.layers.flatMap((layer) => {
      const value = valueAt(layer.value, path);
      return value === undefined ? [] : [{ ...layer.locate(path), value }];
    });
    return { key, value: valueAt(this.config, path), origins };
  }
}
