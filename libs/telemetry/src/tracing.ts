import type { AetConfig } from '@aet/config';

export interface TracingIdentity {
  service: string;
  instance: string;
  version: string;
  cell: string;
  host: string;
}
/** Sends what is still held, then ends. */
export type StopTracing = () => Promise<void>;

/**
 * Starts the OpenTelemetry SDK when an endpoint is configured. Without one the SDK is not even loaded:
 * it costs more start-up time than all of a service. Trace context passes through either way, see `traceHeaders`.
 */
export async function startTracing(config: AetConfig['telemetry'], identity: TracingIdentity): Promise<StopTracing> {
  if (config.otlpEndpoint === '') return () => Promise.resolve();
  const [{ NodeSDK }, { OTLPTraceExporter }, { resourceFromAttributes }, { ParentBasedSampler, TraceIdRatioBasedSampler }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ]);
  const sdk = new NodeSDK({
    // They would replace our name and host by their guesses, and send command lines along.
    autoDetectResources: false,
    resource: resourceFromAttributes({
      'service.name': identity.service,
      'service.instance.id': identity.instance,
      'service.version': identity.version,
      'host.name': identity.host,
      'aet.cell': identity.cell,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampleRatio) }),
    traceExporter: new OTLPTraceExporter({ url: tracesUrl(config.otlpEndpoint) }),
    instrumentations: [],
  });
  sdk.start();
  // The collector may be away: a service that ends does not wait for it.
  return () => sdk.shutdown().catch(() => undefined);
}

/** OTLP/HTTP: signals have a path of their own below the endpoint. */
const tracesUrl = (endpoint: string): string => `${endpoint.replace(/\/+$/, '')}/v1/traces`;
