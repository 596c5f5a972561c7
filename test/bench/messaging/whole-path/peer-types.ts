/** As much of the peers' types as the bench uses: they are not installed where types are checked. */
interface Job {
  id: number;
  text: string;
}

export interface Graphile {
  makeWorkerUtils(options: object): Promise<{ migrate(): Promise<void>; addJob(name: string, payload: Job): Promise<unknown> }>;
  run(options: { taskList: Record<string, (payload: Job) => void> } & Record<string, unknown>): Promise<unknown>;
}

export interface Boss {
  PgBoss: new (options: object) => {
    on(event: 'error', listener: (error: Error) => void): void;
    start(): Promise<unknown>;
    createQueue(name: string): Promise<void>;
    send(name: string, data: Job): Promise<unknown>;
    work(name: string, options: object, handler: (jobs: { data: Job }[]) => Promise<unknown>): Promise<unknown>;
  };
}
