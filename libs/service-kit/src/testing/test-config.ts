import { type AetConfig, ConfigSource, type Explanation, loadConfig } from '@aet/config';

/** Parts of the configuration, each as deep as needed. */
export type ConfigOverrides = {
  [Section in keyof AetConfig]?: AetConfig[Section] extends object ? Partial<AetConfig[Section]> : AetConfig[Section];
};

/** The shipped defaults with `overrides` on top; nothing of the machine's environment or of a running fleet gets in. */
export function testConfig(overrides: ConfigOverrides = {}): ConfigSource {
  const base = loadConfig({ cwd: '/', env: {} });
  const sections = Object.entries(overrides).map(([section, value]) => {
    const defaults: unknown = base.config[section as keyof AetConfig];
    return [section, typeof value === 'object' && !Array.isArray(value) ? { ...(defaults as object), ...value } : value];
  });
  return new FixedConfig({ ...base.config, ...Object.fromEntries(sections) } as AetConfig, base);
}

class FixedConfig extends ConfigSource {
  constructor(
    readonly config: Readonly<AetConfig>,
    private readonly base: ConfigSource,
  ) {
    super();
  }
  explain(key: string): Explanation {
    return this.base.explain(key);
  }
}
