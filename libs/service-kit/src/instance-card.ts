/** What an instance says of itself beyond its identity: stands in its lease and in the registry's list within a second. */
export abstract class InstanceCard {
  abstract setCapabilities(capabilities: readonly string[]): void;
  abstract setLabel(name: string, value: string): void;
  /** A port beside the HTTP one. */
  abstract setPort(purpose: string, port: number): void;
  abstract readonly capabilities: readonly string[];
  abstract readonly labels: Readonly<Record<string, string>>;
  abstract readonly ports: Readonly<Record<string, number>>;
}

export class LiveInstanceCard extends InstanceCard {
  private known: readonly string[] = [];
  private readonly labelMap: Record<string, string>;
  private readonly portMap: Record<string, number> = {};

  /** @param labels the host's, from the configuration */
  constructor(labels: Readonly<Record<string, string>>) {
    super();
    this.labelMap = { ...labels };
  }

  setCapabilities(capabilities: readonly string[]): void {
    this.known = [...new Set(capabilities)].toSorted();
  }
  setLabel(name: string, value: string): void {
    this.labelMap[name] = value;
  }
  setPort(purpose: string, port: number): void {
    this.portMap[purpose] = port;
  }
  get capabilities(): readonly string[] {
    return this.known;
  }
  get labels(): Readonly<Record<string, string>> {
    return this.labelMap;
  }
  get ports(): Readonly<Record<string, number>> {
    return this.portMap;
  }
}
